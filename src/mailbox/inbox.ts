import { CoworkError } from '../protocol/errors.ts';
import type { Message } from '../protocol/message.ts';
import type { StoreOptions } from '../store/options.ts';
import { quarantine } from '../store/quarantine.ts';
import { replaceFile } from '../store/replace-file.ts';
import { watchFolder } from '../store/watch.ts';
import { openInboxView } from './inbox-view.ts';
import { addMarks, isMarked, type Marks, type Step } from './marks.ts';
import { agentFolder, cursorFile, quarantineFolder } from './paths.ts';

export type InboxOptions = Pick<StoreOptions, 'durable' | 'onMalformed'> & {
  /** Hands over what comes after this sequence number; without it, all that is not acked. */
  after?: number;
};

/** An agent's inbox as its keeper has it. */
export interface Inbox {
  readonly agent: string;
  /**
   * Hands over each message once, in order; after a start anew, first those that are not acked, with their state: what
   * is `queued` or `delivered` has to go to the model, what is `seen` is in the transcript already.
   */
  read(): Message[];
  /** Marks messages as delivered, seen or acked, each implying the ones before; on the disk when this resolves. */
  mark(step: Step, seqs: readonly number[]): Promise<void>;
  marks(): Marks;
  /** Yields at the start, and whenever new mail may be there. */
  changes(options: { signal: AbortSignal; rescanMs?: number }): AsyncGenerator<void, void>;
}

/** Opens an inbox for its owner. Malformed records go to `quarantine/`, with one warning each. */
export function openInbox(teamDir: string, agent: string, options: InboxOptions = {}): Inbox {
  const view = openInboxView(teamDir, agent);
  const file = cursorFile(teamDir, agent);
  let marks = view.readMarks();
  let handedOver = options.after ?? 0;
  let saved: Promise<void> = Promise.resolve();
  let waiting: Promise<void> | undefined;

  const read = (): Message[] => {
    const { messages, malformed, isReset } = view.refresh();
    if (isReset) handedOver = 0;
    quarantine(quarantineFolder(teamDir, agent), malformed, options.onMalformed);
    const fresh = messages.filter(
      ({ seq }) => seq > handedOver && (options.after !== undefined || !isMarked(marks.acked, seq)),
    );
    handedOver = Math.max(handedOver, view.count());
    return fresh.map((placed) => view.show(placed, marks));
  };

  const mark = async (step: Step, seqs: readonly number[]): Promise<void> => {
    const unknown = seqs.find((seq) => !Number.isSafeInteger(seq) || seq < 1 || seq > view.count());
    if (unknown !== undefined) {
      throw new CoworkError(
        'INTERNAL',
        `${agent} can't mark message ${unknown}: it has read ${view.count()}.`,
      );
    }
    marks = addMarks(addMarks(marks, 'acked', view.repeats()), step, seqs);
    // Who comes while a save runs shares the next one, which has everybody's marks.
    waiting ??= saved
      .catch(() => {}) // its own waiters are told
      .then(() => {
        waiting = undefined;
        const place = view.place();
        const cursor: Marks = { ...marks, ...(place ? { read: { ...place, count: view.count() } } : {}) };
        saved = replaceFile(file, `${JSON.stringify(cursor)}\n`, { durable: options.durable ?? true });
        return saved;
      });
    return waiting;
  };

  return {
    agent,
    read,
    mark,
    marks: () => marks,
    changes: (watching) => watchFolder(agentFolder(teamDir, agent), watching),
  };
}
