import { type Entry, emptyList, type ListState, type Settled } from './state.ts';
import { link } from './steps.ts';

/** The list as a base holds it; what follows from it is made again. */
export interface ListBase {
  entries: Entry[];
  keys: [key: string, task: string][];
  ended: [agent: string, incarnation: number][];
  fence: string | null;
  settled: Settled[];
}

export function toBase({ order, keys, ended, fence, settled }: ListState): ListBase {
  // A copy: the list goes on while this waits to be written.
  return structuredClone({ entries: order, keys: [...keys], ended: [...ended], fence, settled });
}

export function fromBase(revision: number, { entries, keys, ended, fence, settled }: ListBase): ListState {
  const list: ListState = {
    ...emptyList(),
    ...{ revision, order: entries, keys: new Map(keys), ended: new Map(ended), fence, settled },
  };
  for (const entry of entries) list.entries.set(entry.id, entry);
  for (const entry of entries) link(list, entry);
  return list;
}
