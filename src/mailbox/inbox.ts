import { CoworkError } from '../protocol/errors.ts';
import type { Message } from '../protocol/message.ts';
import type { Backend } from '../store/backend.ts';
import type { StoreOptions } from '../store/options.ts';
import { quarantine } from '../store/quarantine.ts';
import { type InboxView, openInboxView } from './inbox-view.ts';
import { addMarks, isMarked, type Marks, noMarks, type Step } from './marks.ts';
import { cursorCell, quarantineFolder } from './paths.ts';

export type InboxOptions = Pick<StoreOptions, 'onMalformed'> & {
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
  read(): Promise<Message[]>;
  /** Marks messages as delivered, seen or acked, each implying the ones before; on the disk when this resolves. */
  mark(step: Step, seqs: readonly number[]): Promise<void>;
  /** As this owner has set them; none before the first `read`. */
  marks(): Marks;
  /** Yields at the start, and whenever new mail may be there. */
  changes(options: { signal: AbortSignal; rescanMs?: number }): AsyncGenerator<void, void>;
}

/** Opens an inbox for its owner. Malformed records go to `quarantine/`, with one warning each. */
export function openInbox(
  backend: Backend,
  teamDir: string,
  agent: string,
  options: InboxOptions = {},
): Inbox {
  const cell = backend.cell(cursorCell(agent));
  let opening: Promise<InboxView> | undefined;
  let view: InboxView | undefined;
  let marks = noMarks();
  let handedOver = options.after ?? 0;
  let saved: Promise<void> = Promise.resolve();
  let waiting: Promise<void> | undefined;

  const open = async (): Promise<InboxView> => {
    const looking = openInboxView(backend, agent);
    marks = await looking.readMarks();
    // Everything in front of this base is acked, and need not be read.
    const known = options.after ?? marks.acked.upTo;
    const base = (await looking.bases()).findLast(({ state }) => state.count <= known);
    view = openInboxView(backend, agent, base ?? 'start');
    return view;
  };

  const read = async (): Promise<Message[]> => {
    opening ??= open().catch((error: unknown) => {
      opening = undefined;
      throw error;
    });
    const from = await opening;
    const { messages, malformed, isReset } = await from.refresh();
    if (isReset) handedOver = 0;
    quarantine(quarantineFolder(teamDir, agent), malformed, options.onMalformed);
    const fresh = messages.filter(
      ({ seq }) => seq > handedOver && (options.after !== undefined || !isMarked(marks.acked, seq)),
    );
    handedOver = Math.max(handedOver, from.state().count);
    return fresh.map((placed) => from.show(placed, marks));
  };

  const mark = async (step: Step, seqs: readonly number[]): Promise<void> => {
    const { count = 0, repeats = [] } = view?.state() ?? {};
    const unknown = seqs.find((seq) => !Number.isSafeInteger(seq) || seq < 1 || seq > count);
    if (unknown !== undefined) {
      throw new CoworkError('INTERNAL', `${agent} can't mark message ${unknown}: it has read ${count}.`);
    }
    marks = addMarks(addMarks(marks, 'acked', repeats), step, seqs);
    // Who comes while a save runs shares the next one, which has everybody's marks.
    waiting ??= saved
      .catch(() => {}) // its own waiters are told
      .then(() => {
        waiting = undefined;
        saved = cell.settle(`${JSON.stringify(marks)}\n`);
        return saved;
      });
    return waiting;
  };

  return {
    agent,
    read,
    mark,
    marks: () => marks,
    changes: (watching) => backend.watch(`mailbox/${agent}`, watching),
  };
}
