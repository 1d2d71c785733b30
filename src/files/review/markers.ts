import { statSync } from 'node:fs';
import { join } from 'node:path';
import { openJournal } from '../../store/journal.ts';
import { openJournalReader } from '../../store/journal-reader.ts';
import { isText, type JsonRecord, type Parsed, RECORD_VERSION, type RecordHead } from '../../store/record.ts';
import { namesOf } from '../changes/history.ts';
import { isState } from '../changes/records.ts';
import type { State } from '../changes/state.ts';
import type { Staging } from '../grant.ts';

/**
 * What the journal of a staging folder holds; paths are bytes relative to the grant, one character each.
 *
 * - `based`: what stood in the granted folder when the agent's own version of it began, and which staged file (`as`) goes on
 *   with its number.
 * - `removed`: the agent has removed what stands there; it does not see it any more.
 * - `landed`: the user has applied it. `is` stands in the granted folder now (null: nothing), `staged` was the agent's version.
 * - `forgotten`: the user has taken the agent's changes back, here and below.
 */
type MarkerBody =
  | { type: 'based' | 'removed'; was: State; as?: string }
  | { type: 'landed'; is: State | null; staged: State | null }
  | { type: 'forgotten' };

type MarkerRecord = RecordHead & { path: string } & MarkerBody;

/** What is known of one place of a grant that an agent works on by itself. */
export interface Marker {
  readonly children: Map<string, Marker>;
  /** What the agent's version began with: whoever else has changed that since must not be overwritten. */
  was: State | undefined;
  /** Whether the agent has removed what stands there: it sees only what it has made there since. */
  isGone: boolean;
  /** The agent's version that was applied last. */
  landed: State | undefined;
}

/** The journal of a staging folder: what of the granted folder an agent does not see, and what its changes began with. */
export class Markers {
  readonly #file: string;
  readonly #journal;
  readonly #reader;
  readonly #head: () => Omit<RecordHead, 'type'>;
  #root = newMarker();
  #seen = '';
  readonly #origins = new Map<string, string>();

  constructor(by: Staging) {
    this.#file = join(by.folder, 'journal.jsonl');
    // Losing the last of it with the power shows an agent what it had removed, and loses nothing of the user's.
    this.#journal = openJournal(this.#file, { durable: false });
    this.#reader = openJournalReader(this.#file, parse);
    this.#head = () => ({
      ...{ v: RECORD_VERSION, id: by.ids(), by: by.writer, incarnation: by.incarnation },
      at: new Date().toISOString(),
    });
  }

  /** All that is known, up to now. */
  read(): Marker {
    const stats = statSync(this.#file, { throwIfNoEntry: false });
    const seen = `${stats?.ino}:${stats?.size}`;
    if (seen === this.#seen) return this.#root;
    this.#seen = seen;
    const { records, isReset } = this.#reader.read();
    if (isReset) this.#root = newMarker();
    for (const record of records) this.#apply(record);
    return this.#root;
  }

  /** The file of the granted folder that a staged file was copied from; both as `State.file` has them. */
  originOf(file: string): string | undefined {
    this.read();
    return this.#origins.get(file);
  }

  write(path: string, body: MarkerBody): void {
    const record: MarkerRecord = { ...this.#head(), path, ...body };
    this.#journal.write(record);
  }

  #apply(record: MarkerRecord): void {
    if (record.type === 'forgotten') {
      this.#drop(record.path);
      return;
    }
    if (record.type === 'landed' && record.is === null) {
      this.#drop(record.path);
      return;
    }
    let at = this.#root;
    for (const name of namesOf(record.path)) {
      const next = at.children.get(name) ?? newMarker();
      at.children.set(name, next);
      at = next;
    }
    if (record.type === 'landed') {
      at.was = record.is ?? undefined;
      at.landed = record.staged ?? undefined;
      at.isGone = false;
      return;
    }
    if (record.as !== undefined) this.#origins.set(record.as, record.was.file);
    at.was = record.was;
    at.landed = undefined;
    at.isGone = record.type === 'removed';
  }

  #drop(path: string): void {
    const names = namesOf(path);
    const last = names.pop();
    if (last === undefined) this.#root = newMarker();
    else markerAt(this.#root, names)?.children.delete(last);
  }
}

export function markerAt(root: Marker, names: readonly string[]): Marker | undefined {
  let at: Marker | undefined = root;
  for (const name of names) at = at?.children.get(name);
  return at;
}

const newMarker = (): Marker => ({ children: new Map(), was: undefined, isGone: false, landed: undefined });

function parse(record: JsonRecord): Parsed<MarkerRecord> {
  const { type, path, was, is, staged, as } = record;
  const isWhole =
    ((type === 'based' || type === 'removed') && isState(was) && (as === undefined || isText(as))) ||
    (type === 'landed' && (is === null || isState(is)) && (staged === null || isState(staged))) ||
    type === 'forgotten';
  if (!isWhole || !isText(path)) return { malformed: `not a record of a staged change: ${type}` };
  return { record: record as unknown as MarkerRecord }; // just checked
}
