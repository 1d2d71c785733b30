import { CoworkError } from '../protocol/errors.ts';
import type { MessageState } from '../protocol/message.ts';
import type { Cell } from '../store/backend.ts';
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
}

/** The steps of a message, each implying those before it. */
export const STEPS = ['delivered', 'seen', 'acked'] as const;
export type Step = (typeof STEPS)[number];

export function noMarks(): Marks {
  const none = (): Mark => ({ upTo: 0, beyond: [] });
  return { v: 1, delivered: none(), seen: none(), acked: none() };
}

/** Reads a recipient's marks; none when nothing was marked yet. Throws JOURNAL_UNREADABLE, naming `name`. */
export async function readMarks(cell: Cell, name: string): Promise<Marks> {
  let text: string | undefined;
  try {
    text = await cell.read();
  } catch (error) {
    if (error instanceof CoworkError) throw error;
    throw new CoworkError('JOURNAL_UNREADABLE', `Can't read ${name}: ${(error as Error).message}.`, {
      cause: error,
    });
  }
  if (text === undefined) return noMarks();
  try {
    const value = JSON.parse(text) as Marks; // `isMark` checks what is used of it
    if (value.v === 1 && STEPS.every((step) => isMark(value[step]))) return value;
    throw new Error('not the marks of an inbox');
  } catch (error) {
    throw new CoworkError('JOURNAL_UNREADABLE', `${name} is damaged: ${(error as Error).message}.`, {
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

function isMark(value: unknown): value is Mark {
  if (typeof value !== 'object' || value === null) return false;
  const { upTo, beyond } = value as Partial<Mark>; // each field is checked below
  return isCount(upTo) && Array.isArray(beyond) && beyond.every(isCount);
}
