import { readFileSync } from 'node:fs';
import { CoworkError } from '../protocol/errors.ts';
import type { MessageState } from '../protocol/message.ts';
import { errorCode } from '../store/folders.ts';
import type { Place } from '../store/journal-reader.ts';
import { isCount } from '../store/record.ts';

/** How far a recipient has come with one step: all up to `upTo`, and those in `beyond` (rising) out of order. */
export interface Mark {
  upTo: number;
  beyond: number[];
}

/** What `cursor.json` holds; sequence numbers of the recipient's inbox. */
export interface Marks {
  v: 1;
  delivered: Mark;
  seen: Mark;
  acked: Mark;
  /** How far the owner has read the file; senders that start need not count from its beginning. */
  read?: ReadMark;
}

/** A place in an inbox's file with the number of messages in front of it. */
export interface ReadMark extends Place {
  count: number;
}

/** The steps of a message, each implying those before it. */
export const STEPS = ['delivered', 'seen', 'acked'] as const;
export type Step = (typeof STEPS)[number];

export function noMarks(): Marks {
  const none = (): Mark => ({ upTo: 0, beyond: [] });
  return { v: 1, delivered: none(), seen: none(), acked: none() };
}

/** Reads a recipient's marks; none when nothing was marked yet. Throws JOURNAL_UNREADABLE. */
export function readMarks(file: string): Marks {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return noMarks();
    throw new CoworkError('JOURNAL_UNREADABLE', `Can't read ${file}: ${(error as Error).message}.`, {
      cause: error,
    });
  }
  try {
    const value = JSON.parse(text) as Marks; // `isMark` checks what is used of it
    const isWhole = value.v === 1 && STEPS.every((step) => isMark(value[step]));
    if (isWhole && (value.read === undefined || isReadMark(value.read))) return value;
    throw new Error('not the marks of an inbox');
  } catch (error) {
    throw new CoworkError('JOURNAL_UNREADABLE', `${file} is damaged: ${(error as Error).message}.`, {
      cause: error,
    });
  }
}

/** Adds messages to a step and to the ones that it implies; returns new marks. */
export function addMarks(marks: Marks, step: Step, seqs: Iterable<number>): Marks {
  const added = [...seqs];
  const result = { ...marks };
  for (const each of STEPS.slice(0, STEPS.indexOf(step) + 1)) result[each] = addTo(marks[each], added);
  return result;
}

export function isMarked({ upTo, beyond }: Mark, seq: number): boolean {
  return seq <= upTo || beyond.includes(seq);
}

/** The state of the message at `seq`: the farthest step that it is marked with. */
export function stateAt(marks: Marks, seq: number, isUndeliverable: boolean): MessageState {
  if (isMarked(marks.acked, seq)) return 'acked';
  if (isMarked(marks.seen, seq)) return 'seen';
  if (isUndeliverable) return 'undeliverable';
  return isMarked(marks.delivered, seq) ? 'delivered' : 'queued';
}

function addTo({ upTo, beyond }: Mark, added: number[]): Mark {
  const all = new Set(beyond);
  for (const seq of added) if (seq > upTo) all.add(seq);
  let top = upTo;
  while (all.delete(top + 1)) top++;
  return { upTo: top, beyond: [...all].sort((a, b) => a - b) };
}

function isReadMark({ inode, offset, count }: Partial<ReadMark>): boolean {
  return isCount(inode) && isCount(offset) && isCount(count);
}

function isMark(value: unknown): value is Mark {
  if (typeof value !== 'object' || value === null) return false;
  const { upTo, beyond } = value as Partial<Mark>; // each field is checked below
  return isCount(upTo) && Array.isArray(beyond) && beyond.every(isCount);
}
