import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { inside } from '../host.ts';
import { findBelow } from './below.ts';
import type { State } from './state.ts';
import type { Finding } from './survey.ts';

/** Largest file whose lines are compared, in bytes. */
const MOST_BYTES = 1024 * 1024;
/** Longest time that comparing one file may take, in milliseconds. */
const MOST_MS = 2000;
const CONTEXT = 3;

/** How the content of a file differs: lines as a unified diff has them, or why there are none. */
export type ContentDiff = { lines: string[] } | { summary: string };

/** Compares the kept version of a file with what is there. */
export function diffContent(
  { was, is, path, change }: Finding,
  { root, checkpoints }: { root: number; checkpoints: string },
): Promise<ContentDiff | undefined> {
  const kept = was?.kept;
  const first = change === 'created' ? undefined : was;
  return compare(
    {
      state: first,
      read: () => (kept === undefined ? undefined : readUpTo(join(checkpoints, kept), MOST_BYTES)),
    },
    { state: is, read: () => readBelow(root, path) },
    first?.kind !== 'file' || kept !== undefined,
  );
}

/** Compares what stands at a path below one root with what stands there below another. */
export function diffBelow(
  path: string,
  was: { state: State | undefined; root: number },
  is: { state: State | undefined; root: number },
): Promise<ContentDiff | undefined> {
  return compare(
    { state: was.state, read: () => readBelow(was.root, path) },
    { state: is.state, read: () => readBelow(is.root, path) },
    true,
  );
}

interface Side {
  state: State | undefined;
  /** Undefined when it is too large. */
  read(): Buffer | undefined;
}

async function compare(was: Side, is: Side, isKnown: boolean): Promise<ContentDiff | undefined> {
  const [first, last] = [was.state, is.state];
  if (first?.kind === 'link' || last?.kind === 'link')
    return { lines: [...pointing('-', first?.target), ...pointing('+', last?.target)] };
  if (!isKnown || (first?.kind !== 'file' && last?.kind !== 'file')) return undefined;
  const before = first?.kind === 'file' ? was.read() : Buffer.alloc(0);
  const after = last?.kind === 'file' ? is.read() : Buffer.alloc(0);
  if (before === undefined || after === undefined)
    return { summary: `${size(first?.size)} → ${size(last?.size)}, too large to compare` };
  const [old, now] = [textOf(before), textOf(after)];
  if (old === undefined || now === undefined)
    return { summary: `binary, ${size(first?.size)} → ${size(last?.size)}` };
  const { structuredPatch } = await import('diff');
  const patch = structuredPatch('', '', old, now, '', '', { context: CONTEXT, timeout: MOST_MS });
  if (patch === undefined)
    return { summary: `${size(first?.size)} → ${size(last?.size)}, too different to compare` };
  return {
    lines: patch.hunks.flatMap(({ oldStart, oldLines, newStart, newLines, lines }) => [
      `@@ -${range(oldStart, oldLines)} +${range(newStart, newLines)} @@`,
      ...lines,
    ]),
  };
}

const pointing = (sign: string, target: string | undefined): string[] =>
  target === undefined ? [] : [`${sign}→ ${Buffer.from(target, 'latin1').toString('utf8')}`];

const size = (bytes = 0): string => `${bytes} bytes`;

/** Undefined for what is not text: it holds a zero byte, or is no UTF-8. */
function textOf(bytes: Buffer): string | undefined {
  if (bytes.includes(0)) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined; // the only thing that decoding throws for
  }
}

function readBelow(root: number, path: string): Buffer | undefined {
  using below = findBelow(root, path);
  return below === undefined ? Buffer.alloc(0) : readUpTo(inside(below.directory, below.name), MOST_BYTES);
}

function readUpTo(path: string | Buffer, most: number): Buffer | undefined {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const { size: bytes } = fstatSync(fd);
    if (bytes > most) return undefined;
    const content = Buffer.alloc(bytes);
    let at = 0;
    for (let read = 1; at < bytes && read > 0; at += read) read = readSync(fd, content, at, bytes - at, at);
    return content.subarray(0, at);
  } finally {
    closeSync(fd);
  }
}

/** A range as unified diffs write it: one of no lines is named by the line before it. */
const range = (start: number, lines: number): string => `${lines === 0 ? start - 1 : start},${lines}`;
