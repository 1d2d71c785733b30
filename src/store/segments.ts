import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Base } from './backend.ts';
import { errorCode } from './folders.ts';
import { isCount, type JsonRecord, type RecordHead } from './record.ts';

// A log is one file after another: `inbox.jsonl`, then `inbox.2.jsonl`, `inbox.3.jsonl`. Nothing is ever renamed.

/** Size from which a segment is sealed, in bytes: about 1,500 messages of 500 bytes, read in 7 ms. */
export const SEGMENT_BYTES = 1024 * 1024;

/** Version of records that a reader must know or it would misread a log: `sealed` only. */
export const SEGMENTS_VERSION = 2;

/** Ends a segment: what stands behind it there does not count, and its writer writes it again to the next one. */
export interface SealedRecord extends RecordHead {
  type: 'sealed';
}

export function isSealed(record: RecordHead | JsonRecord): record is SealedRecord {
  return record.type === 'sealed';
}

export function segmentFile(file: string, segment: number): string {
  return segment === 1 ? file : file.replace(/\.jsonl$/, `.${segment}.jsonl`);
}

/** Where the state in front of a segment is kept. */
export function baseFile(file: string, segment: number): string {
  return file.replace(/\.jsonl$/, `.${segment}.base.json`);
}

/** The segments that a log has bases for, rising. */
export function basesOf(file: string): number[] {
  const stem = basename(file).replace(/\.jsonl$/, '');
  let names: string[];
  try {
    names = readdirSync(dirname(file));
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
  return names
    .flatMap((name) => {
      const part = name.startsWith(`${stem}.`)
        ? /^(\d+)\.base\.json$/.exec(name.slice(stem.length + 1))
        : null;
      return part ? [Number(part[1])] : [];
    })
    .sort((a, b) => a - b);
}

/** Reads a base; undefined when it is not there or not whole, since the records say the same. */
export function readBase(file: string, segment: number): Base | undefined {
  try {
    const value = JSON.parse(readFileSync(baseFile(file, segment), 'utf8')) as Base & { v?: unknown };
    const isWhole = value.v === 1 && value.part === segment && isCount(value.revision);
    return isWhole && value.state !== undefined ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Folders between a team and a file of it, outermost first. */
export function foldersOf(teamDir: string, name: string): string[] {
  const steps = name.split('/').slice(0, -1);
  return steps.map((_, i) => join(teamDir, ...steps.slice(0, i + 1)));
}
