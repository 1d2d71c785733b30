import { createHash } from 'node:crypto';
import { CoworkError } from '../protocol/errors.ts';
import { whatLooksSecret } from './secrets.ts';

/** One thing that is remembered. */
export interface Note {
  /** Name of its file. */
  name: string;
  /** Its first line, for lists. */
  title: string;
  text: string;
  /** Of its text: whoever has seen another one must look again before it changes it. A SHA-256, as consent is to it. */
  revision: string;
  bytes: number;
  /** ISO 8601. */
  updated: string;
  /** Agent and team that wrote it as it is; null when it was somebody past cowork. */
  by: { agent: string; team: string | null } | null;
  /** Whether it is in the home, or in the project. */
  where: 'home' | 'project';
  /** Whether it counts for agents: in the project only what cowork wrote and what the user has agreed to, as it is. */
  isAgreed: boolean;
  /** Why there is no text to be had of it; null for all but what stands in a project and is no note. */
  problem: string | null;
}

/** Who writes; `team` is null for the user. */
export interface NoteWriter {
  agent: string;
  team: string | null;
}

export const NOTE_MAX_BYTES = 16 * 1024;
export const NOTES_MAX = 100;
export const SHELF_MAX_BYTES = 512 * 1024;
const NAME = /^[a-z0-9][a-z0-9._-]{0,60}\.md$/;

export const isNoteName = (name: string): boolean => NAME.test(name);

export function assertName(name: string): void {
  if (isNoteName(name)) return;
  throw new CoworkError('MEMORY_INVALID', `${JSON.stringify(name)} is no name of a note.`);
}

/** Throws MEMORY_INVALID, MEMORY_FULL or MEMORY_SECRET unless a text may be a note beside the others of its shelf. */
export function assertFits(name: string, text: string, all: readonly Note[]): void {
  const bytes = Buffer.byteLength(text);
  if (text.trim() === '') throw new CoworkError('MEMORY_INVALID', 'A note needs a text.');
  if (bytes > NOTE_MAX_BYTES)
    throw new CoworkError(
      'MEMORY_FULL',
      `A note has at most ${NOTE_MAX_BYTES} bytes; this one has ${bytes}.`,
    );
  const secret = whatLooksSecret(text);
  if (secret !== undefined)
    throw new CoworkError('MEMORY_SECRET', `Not kept: the text has what looks like ${secret}.`);
  const others = all.filter((other) => other.name !== name);
  if (others.length + 1 > NOTES_MAX)
    throw new CoworkError('MEMORY_FULL', `There are ${NOTES_MAX} notes already.`);
  if (sizeOf(others) + bytes > SHELF_MAX_BYTES)
    throw new CoworkError(
      'MEMORY_FULL',
      `The notes have ${sizeOf(others)} of ${SHELF_MAX_BYTES} bytes already.`,
    );
}

/** How full a shelf is with these notes, from 0 to 1. */
export const fullnessOf = (notes: readonly Note[]): number =>
  Math.max(notes.length / NOTES_MAX, sizeOf(notes) / SHELF_MAX_BYTES);

const sizeOf = (notes: readonly Note[]): number => notes.reduce((sum, { bytes }) => sum + bytes, 0);

export const revisionOf = (text: string | Buffer): string => createHash('sha256').update(text).digest('hex');

export function titleOf(text: string, name: string): string {
  const line = text.split('\n').find((each) => each.trim() !== '') ?? name;
  return line
    .replace(/^#+\s*/, '')
    .trim()
    .slice(0, 100);
}
