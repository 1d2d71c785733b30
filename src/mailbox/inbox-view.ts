import type { Message } from '../protocol/message.ts';
import type { Backend, Base, LogTail } from '../store/backend.ts';
import { createSerial } from '../store/serial.ts';
import {
  emptyState,
  foldInbox,
  fromBase,
  type InboxBase,
  type InboxState,
  keyOf,
  type Placed,
  showMessage,
  toBase,
} from './inbox-state.ts';
import { type Marks, readMarks } from './marks.ts';
import { cursorCell, inboxLog } from './paths.ts';
import { type InboxRecord, type MessageRecord, parseInboxRecord } from './records.ts';

/** What a look at an inbox brought. */
export interface Look {
  /** New messages that count: without repeats of a key. */
  messages: Placed[];
  malformed: LogTail<InboxRecord>['malformed'];
  /** Whether the log is another one than before, and `messages` begins anew. */
  isReset: boolean;
}

/** One process's view of one inbox, kept up by reading what is new. */
export interface InboxView {
  readonly agent: string;
  refresh(): Promise<Look>;
  /** Writes a message unless its key has been used; gives the one that counts. `sync` puts it on the disk. */
  write(record: MessageRecord): Promise<Placed>;
  sync(): Promise<void>;
  state(): InboxState;
  show(placed: Placed, marks: Marks): Message;
  readMarks(): Promise<Marks>;
  bases(): Promise<(Base & { state: InboxBase })[]>;
  /** Saves the bases of the parts that began since, so that others can begin there. */
  saveBases(): Promise<void>;
}

/**
 * Opens a view of an agent's inbox, from the `newest` base (all states and keys are known, older messages are not), from
 * another base, or from its `start`. Every process gives every message the same place: the number of whole message records
 * up to it.
 */
export function openInboxView(
  backend: Backend,
  agent: string,
  from: 'start' | 'newest' | Base = 'newest',
): InboxView {
  const log = backend.log(inboxLog(agent), parseInboxRecord, { from });
  const inOrder = createSerial();
  let state = emptyState();
  let began: Base | undefined;
  let knowsOlder = true;
  /** Where the present part began, and what is to be saved. */
  let since = 0;
  let unsaved: Base[] = [];

  const absorb = async (tail: LogTail<InboxRecord>): Promise<Look> => {
    if (tail.isReset) restart(undefined);
    if (tail.base !== undefined) restart(tail.base);
    if (!knowsOlder && tail.records.some(hasKey)) await learnOlder();
    const messages: Placed[] = [];
    const parts = [...tail.parts];
    tail.records.forEach((record, i) => {
      while (parts[0]?.at === i) begin(parts.shift()?.part ?? 0);
      const placed = foldInbox(state, record);
      if (placed !== undefined) messages.push(placed);
    });
    for (const { part } of parts) begin(part);
    return { messages, malformed: tail.malformed, isReset: tail.isReset };
  };

  const restart = (base: Base | undefined) => {
    state = base === undefined ? emptyState() : fromBase(base.revision, base.state as InboxBase); // we saved it
    began = base;
    knowsOlder = base === undefined;
    since = state.count;
    unsaved = [];
  };

  const begin = (part: number) => {
    unsaved.push({ part, revision: state.revision, state: toBase(state, since) });
    since = state.count;
  };

  /** Keys are kept part by part: all in front of where we began, or else the messages themselves are read. */
  const learnOlder = async () => {
    const bases = (await view.bases()).filter(({ part }) => part <= (began?.part ?? 0));
    if (bases.length === (began?.part ?? 0) - 1) {
      for (const { state: base } of bases) {
        for (const [key, seq, id] of base.keys) state.older.set(key, { seq, id });
        state.repeats.push(...base.repeats);
      }
    } else {
      const whole = openInboxView(backend, agent, 'start');
      await whole.refresh();
      for (const [key, { seq, record }] of whole.state().keys) {
        if (seq <= state.count) state.older.set(key, { seq, id: record.id });
      }
    }
    knowsOlder = true;
  };

  const withKey = async (from: string, key: string): Promise<Placed | undefined> => {
    if (!knowsOlder) await learnOlder();
    const known = state.keys.get(keyOf(from, key));
    if (known !== undefined) return known;
    const older = state.older.get(keyOf(from, key));
    if (older === undefined) return undefined;
    const { messages } = await openInboxView(backend, agent, 'start').refresh();
    return messages.find(({ seq }) => seq === older.seq);
  };

  const write = async (record: MessageRecord): Promise<Placed> => {
    if (record.key !== undefined) {
      await absorb(await log.read());
      const earlier = await withKey(record.by, record.key);
      if (earlier !== undefined) return earlier;
    }
    const { messages } = await absorb(await log.claim(record));
    const first = record.key === undefined ? undefined : await withKey(record.by, record.key);
    const placed = first ?? messages.findLast((each) => each.record.id === record.id);
    if (placed === undefined) throw new Error('the record is not in the inbox that it was written to');
    return placed;
  };

  const saveBases = async () => {
    for (const base of unsaved) await log.saveBase(base);
    unsaved = [];
  };

  const view: InboxView = {
    agent,
    refresh: () => inOrder(async () => absorb(await log.read())),
    write: (record) => inOrder(() => write(record)),
    sync: () => log.sync(),
    state: () => state,
    show: (placed, marks) => showMessage(placed, state, marks),
    readMarks: () => readMarks(backend.cell(cursorCell(agent)), cursorCell(agent)),
    bases: async () => (await log.bases()) as (Base & { state: InboxBase })[], // only `saveBases` writes them
    saveBases: () => inOrder(saveBases),
  };
  return view;
}

function hasKey(record: InboxRecord): boolean {
  return record.type === 'message' && record.key !== undefined;
}
