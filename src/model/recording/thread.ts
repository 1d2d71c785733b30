import { createHash } from 'node:crypto';
import type { Conversation, Input, Reply } from '../rehearsal/history.ts';
import type { HeardInput } from './exchange.ts';

/** How the agent begins when its conversation was replaced by a summary. */
const SUMMED_UP = '[team] Your conversation was replaced by your own summary';

/** Where a conversation stands: what names it, and what came since the last message of the model that is known. */
export interface Standing {
  key: string;
  input: HeardInput;
  isAfterSummary: boolean;
}

/** Names a conversation that goes on with this input and reply. */
export function keyOf(parent: string, who: string, input: HeardInput, reply: Reply): string {
  const said = [reply.text.trim(), reply.calls.map(({ name, input: given }) => [name, given])];
  return createHash('sha256')
    .update(JSON.stringify([parent, who, input, said]))
    .digest('hex')
    .slice(0, 24);
}

/**
 * Follows a conversation along messages that are known. One that is not, as an answer that was cut, is passed over: what came
 * before and after it is one input.
 */
export function standingOf(
  { inputs, replies }: Conversation,
  who: string,
  isKnown: (key: string) => boolean,
): Standing {
  let key = '';
  let input: HeardInput = { results: [], texts: [] };
  let answered: Reply | undefined;
  for (const [place, now] of inputs.entries()) {
    input = added(input, now, answered);
    const reply = replies[place];
    if (reply === undefined) break;
    const next = keyOf(key, who, input, reply);
    if (!isKnown(next)) continue;
    key = next;
    answered = reply;
    input = { results: [], texts: [] };
  }
  const first = inputs[0]?.texts[0] ?? '';
  return { key, input, isAfterSummary: key === '' && first.startsWith(SUMMED_UP) };
}

/** An input with what came after it; results count only for the calls of the last known message, in their order. */
export function added(before: HeardInput, now: Input, answered: Reply | undefined): HeardInput {
  const results = (answered?.calls ?? []).flatMap(({ id }) => {
    const result = now.results.find((each) => each.id === id);
    return result === undefined ? [] : [{ text: result.text, isError: result.isError }];
  });
  return { results: [...before.results, ...results], texts: [...before.texts, ...now.texts] };
}
