import type { Inbox } from '../mailbox/inbox.ts';
import type { Message } from '../protocol/message.ts';
import type { Channel } from './channel.ts';
import { unlessUnreachable } from './unreachable.ts';

/** Hands the agent's mail to it as it comes, and marks how far each message has got. */
export interface MailDelivery {
  /** Runs until the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
  /** The model has begun to answer a request with these messages in it. */
  seen(seqs: readonly number[]): Promise<void>;
  /** The turn is over: what was seen in it is settled. */
  settle(): Promise<void>;
  /** Messages that were handed over and not seen yet. */
  readonly unseen: number;
}

/** Delivers the inbox of one agent through its channel. `onSeen` is called with each message that the model has got. */
export function createMailDelivery(
  inbox: Inbox,
  channel: Channel,
  onSeen: (message: Message) => void,
): MailDelivery {
  const open = new Map<number, 'delivered' | 'seen'>();
  const handedOver = new Map<number, Message>();

  const deliver = async (): Promise<void> => {
    const messages = await inbox.read();
    // What an earlier incarnation has seen is in the transcript; it is settled with the next turn.
    for (const message of messages) {
      if (message.state !== 'seen') continue;
      open.set(message.seq, 'seen');
      onSeen(message);
    }
    const fresh = messages.filter(({ state }) => state === 'queued' || state === 'delivered');
    if (fresh.length === 0) return;
    for (const message of fresh) {
      open.set(message.seq, 'delivered');
      handedOver.set(message.seq, message);
    }
    await channel.push({ type: 'mail', messages: fresh });
    await inbox.mark(
      'delivered',
      fresh.map(({ seq }) => seq),
    );
  };

  return {
    run: async (signal) => {
      for await (const _ of inbox.changes({ signal })) await unlessUnreachable(deliver);
    },
    seen: async (seqs) => {
      const known = seqs.filter((seq) => open.get(seq) === 'delivered');
      if (known.length === 0) return;
      for (const seq of known) {
        open.set(seq, 'seen');
        const message = handedOver.get(seq);
        if (message !== undefined) onSeen(message);
        handedOver.delete(seq);
      }
      await inbox.mark('seen', known);
    },
    settle: async () => {
      const seen = [...open].filter(([, state]) => state === 'seen').map(([seq]) => seq);
      if (seen.length === 0) return;
      for (const seq of seen) open.delete(seq);
      await inbox.mark('acked', seen);
    },
    get unseen() {
      return [...open.values()].filter((state) => state === 'delivered').length;
    },
  };
}
