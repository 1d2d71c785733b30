import type { Mailbox } from '../mailbox/mailbox.ts';
import { CoworkError } from '../protocol/errors.ts';
import type { Message } from '../protocol/message.ts';
import { MESSAGE_MAX_BYTES } from '../protocol/words.ts';

/** A piece of a message's text; `nextOffset` is null with the last one. */
type Piece = Message & { nextOffset: number | null };

/** Gives an agent the text of a message that it got or sent, from an offset in UTF-16 units. Throws MESSAGE_UNKNOWN. */
export async function readMessage(
  mailbox: Mailbox,
  agent: string,
  id: string,
  offset: number,
): Promise<Piece> {
  const message =
    (await mailbox.find(agent, id)) ?? (await mailbox.log({ from: agent })).find((sent) => sent.id === id);
  if (message === undefined) throw new CoworkError('MESSAGE_UNKNOWN', `You have no message ${id}.`);
  const whole = await mailbox.body(message);
  // UTF-8 has at most three bytes for a UTF-16 unit.
  let end = Math.min(whole.length, offset + Math.floor(MESSAGE_MAX_BYTES / 3));
  if (/[\uD800-\uDBFF]/.test(whole[end - 1] ?? '')) end--; // a pair stays together
  return {
    ...message,
    text: whole.slice(offset, end),
    nextOffset: end < whole.length ? end : null,
  };
}
