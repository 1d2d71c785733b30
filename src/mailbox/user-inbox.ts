import type { Message } from '../protocol/message.ts';
import type { Backend } from '../store/backend.ts';
import { isUnseen, type Placed } from './inbox-state.ts';
import type { InboxView } from './inbox-view.ts';
import { addMarks, isMarked, readMarks, type Step } from './marks.ts';
import { cursorCell } from './paths.ts';
import { openAtUnseen } from './unseen.ts';

/** The inbox of the person. It has no keeper: whoever shows a message to the person marks it. */
export interface UserInbox {
  /** What the person has not been shown yet, oldest first; each look costs what is new. Changes nothing. */
  unseen(): Promise<Message[]>;
  /** Marks messages as seen (shown on a terminal) or acked (answered). Throws LOCK_TIMEOUT. */
  mark(step: Step, seqs: readonly number[]): Promise<void>;
}

const USER = 'user';

/** How long a viewer waits for another one that marks, in milliseconds. */
const MARK_MS = 2000;

export function openUserInbox(backend: Backend): UserInbox {
  const name = cursorCell(USER);
  let view: InboxView | undefined;
  let waiting: Placed[] = [];
  return {
    unseen: async () => {
      view ??= await openAtUnseen(backend, USER);
      const { show, state } = view;
      const { messages, isReset } = await view.refresh();
      const marks = await view.readMarks();
      waiting = [...(isReset ? [] : waiting), ...messages].filter(({ seq }) => !isMarked(marks.seen, seq));
      return waiting
        .filter(({ seq, record }) => isUnseen(seq, state(), record.id, marks))
        .map((placed) => show(placed, marks));
    },
    // Several terminals may be attached, so each adds to what stands there, one at a time.
    mark: (step, seqs) =>
      backend.orderly(
        name,
        async (isHeld) => {
          const marks = await readMarks(backend.cell(name), name);
          if (seqs.every((seq) => isMarked(marks[step], seq)) || !isHeld()) return;
          await backend.cell(name).settle(`${JSON.stringify(addMarks(marks, step, seqs))}\n`);
        },
        { timeoutMs: MARK_MS },
      ),
  };
}
