import { type Dirent, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode } from '../store/folders.ts';

export const SIZE_KINDS = [
  'transcripts',
  'recordings',
  'logs',
  'mail and tasks',
  'artifacts',
  'first versions',
  'repositories',
  'scratch',
  'other',
] as const;
export type SizeKind = (typeof SIZE_KINDS)[number];

/** A file of a team: path below its folder, bytes, and when it was last written (milliseconds). */
export interface TeamFile {
  path: string;
  kind: SizeKind;
  bytes: number;
  written: number;
}

/** What a file of a team is, by its path. */
const KINDS: readonly [RegExp, SizeKind][] = [
  [/^agents\/[^/]+\/transcript\.jsonl$/, 'transcripts'],
  [/^agents\/[^/]+\/pane(\.1)?\.cast$/, 'recordings'],
  [/^(supervisor\.log|agents\/[^/]+\/(keeper\.log|egress(\.1)?\.jsonl))$/, 'logs'],
  [/^(mailbox|tasks)\//, 'mail and tasks'],
  [/^artifacts\//, 'artifacts'],
  [/^checkpoints\//, 'first versions'],
  [/^git\//, 'repositories'],
  [/^(memory|agents\/[^/]+\/workspace)\//, 'scratch'],
];

/** All plain files of a team. Links are not followed; what goes away meanwhile is left out. */
export function listTeamFiles(dir: string): TeamFile[] {
  const walk = (below: string): TeamFile[] =>
    entriesOf(join(dir, below)).flatMap((entry) => {
      const path = below === '' ? entry.name : `${below}/${entry.name}`;
      if (entry.isDirectory()) return walk(path);
      const stat = entry.isFile() ? lstatSync(join(dir, path), { throwIfNoEntry: false }) : undefined;
      if (stat === undefined) return [];
      const kind = KINDS.find(([form]) => form.test(path))?.[1] ?? 'other';
      return [{ path, kind, bytes: stat.size, written: stat.mtimeMs }];
    });
  return walk('');
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return []; // removed just now
    throw error;
  }
}

/** Bytes by kind; kinds of which there is nothing are left out. */
export function sumSizes(files: readonly TeamFile[]): Partial<Record<SizeKind, number>> {
  const sums: Partial<Record<SizeKind, number>> = {};
  for (const { kind, bytes } of files) sums[kind] = (sums[kind] ?? 0) + bytes;
  return sums;
}
