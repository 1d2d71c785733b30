import { isUnseen, type Placed, stateOf } from '../../mailbox/inbox-state.ts';
import { type InboxView, openInboxView } from '../../mailbox/inbox-view.ts';
import type { Message } from '../../protocol/message.ts';
import type { Backend } from '../../store/backend.ts';
import type { TimelineItem } from '../shapes.ts';

/** Characters of a message that a line of time shows; the whole is asked for. */
const SHOWN_MAX = 2_000;

/** The mail of a team, kept up by reading what is new. */
export interface MailSource {
  /** Items that are new or have come further since the last look, and whether an inbox began anew. */
  look(): Promise<{ items: TimelineItem[]; isReset: boolean }>;
  /** How many messages of an agent it has not seen, as of the last look. */
  unread(agent: string): number;
}

interface Inbox {
  view: InboxView;
  /** Messages whose state may still change, by place. */
  open: Map<number, { placed: Placed; state: Message['state'] }>;
  unread: number;
  /** What states follow from besides places, as of the last look: while it is the same, no known message has moved. */
  basis: string;
}

/** Opens the mail of a team for reading. Holds all of its items, so that a broadcast is one. */
export function openMailSource(backend: Backend): MailSource {
  const inboxes = new Map<string, Inbox>();
  const items = new Map<string, TimelineItem>();

  /** A look costs what is new, and goes through all that is open only when somebody has marked something. */
  const lookAt = async (agent: string, inbox: Inbox, changed: Set<TimelineItem>): Promise<boolean> => {
    const { view, open } = inbox;
    const { messages, isReset } = await view.refresh();
    const marks = await view.readMarks();
    const state = view.state();
    // What is no message says what can't be delivered; such records are only ever added.
    const basis = `${JSON.stringify(marks)} ${state.revision - state.count}`;
    if (basis !== inbox.basis) {
      inbox.basis = basis;
      inbox.unread = 0;
      for (const [seq, known] of open) {
        const now = stateOf(known.placed, state, marks);
        if (now !== known.state) {
          known.state = now;
          const item = items.get(keyOf(known.placed.record));
          const to = item?.to?.find(({ name }) => name === agent);
          if (item !== undefined && to !== undefined) {
            to.state = now;
            changed.add(item);
          }
        }
        if (now === 'acked') open.delete(seq);
        else if (isUnseen(seq, state, known.placed.record.id, marks)) inbox.unread++;
      }
    }
    for (const placed of messages) {
      const message = view.show(placed, marks);
      changed.add(addTo(items, message));
      if (message.state === 'acked') continue;
      open.set(placed.seq, { placed, state: message.state });
      if (isUnseen(placed.seq, state, placed.record.id, marks)) inbox.unread++;
    }
    return isReset;
  };

  return {
    unread: (agent) => inboxes.get(agent)?.unread ?? 0,
    look: async () => {
      const changed = new Set<TimelineItem>();
      let isReset = false;
      for (const agent of await backend.inboxes()) {
        const inbox = inboxes.get(agent) ?? {
          view: openInboxView(backend, agent, 'start'),
          open: new Map(),
          unread: 0,
          basis: '',
        };
        inboxes.set(agent, inbox);
        if (await lookAt(agent, inbox, changed)) isReset = true;
      }
      return { items: [...changed], isReset };
    },
  };
}

const keyOf = ({ broadcastId, id }: { broadcastId: string | null; id: string }): string =>
  `m${broadcastId ?? id}`;

function addTo(items: Map<string, TimelineItem>, message: Message): TimelineItem {
  const { id, from, to: name, state, text, kind, priority, replyTo, broadcastId, created, body } = message;
  const key = keyOf(message);
  const known = items.get(key);
  if (known !== undefined) {
    known.to?.push({ name, state });
    return known;
  }
  const item: TimelineItem = {
    ...{ key, at: created, kind: 'message', who: from, text: text.slice(0, SHOWN_MAX) },
    ...{ message: { id, kind, priority, replyTo, broadcastId }, to: [{ name, state }] },
    ...(text.length > SHOWN_MAX || body !== undefined ? { isCut: true } : {}),
  };
  items.set(key, item);
  return item;
}
