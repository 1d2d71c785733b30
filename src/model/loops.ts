import { apiErrorBody, wholeResponse } from './api-error.ts';
import type { ModelResponse } from './upstream.ts';

/** So often the same calls may come back with the same results, or with whatever results, before somebody steps in. */
const SAME_RESULT_MAX = 6;
const SAME_CALL_MAX = 12;

/**
 * How an agent is answered that makes the same tool calls again and again; undefined while it does not. `messages` are the
 * last of a conversation, each as JSON; what somebody said in between breaks the row.
 */
export function loopRefusal(
  messages: readonly string[],
): { response: ModelResponse; call: string } | undefined {
  const row = repeatsAtEnd(messages);
  if (row.sameResult < SAME_RESULT_MAX && row.sameCall < SAME_CALL_MAX) return undefined;
  const times = Math.max(row.sameResult, row.sameCall);
  const said = `The same call was made ${times} times in a row: ${row.call}. The turn was ended; do something else.`;
  const body = apiErrorBody('permission_error', said).replace('"permission_error"', '"cowork_stopped"');
  return { response: wholeResponse(403, body), call: row.call };
}

function repeatsAtEnd(messages: readonly string[]): { sameCall: number; sameResult: number; call: string } {
  let first: Step | undefined;
  let sameCall = 0;
  let sameResult = 0;
  for (let at = messages.length - 1; at > 0; at -= 2) {
    const step = stepOf(messages[at - 1], messages[at]);
    if (step === undefined || (first !== undefined && step.calls !== first.calls)) break;
    first ??= step;
    sameCall++;
    if (sameResult === sameCall - 1 && step.results === first.results) sameResult++;
    if (sameCall > SAME_CALL_MAX) break;
  }
  return { sameCall, sameResult, call: first?.calls.slice(0, 300) ?? '' };
}

/** A message with tool calls, and the message with nothing but their results. */
interface Step {
  calls: string;
  results: string;
}

interface Block {
  type?: string;
  name?: string;
  input?: unknown;
  content?: unknown;
}

function stepOf(said: string | undefined, answered: string | undefined): Step | undefined {
  const calls = blocksOf(said, 'assistant').filter(({ type }) => type === 'tool_use');
  const results = blocksOf(answered, 'user');
  if (calls.length === 0 || results.length === 0 || results.some(({ type }) => type !== 'tool_result'))
    return undefined;
  return {
    calls: calls.map(({ name, input }) => `${name} ${JSON.stringify(input)}`).join(' + '),
    results: JSON.stringify(results.map(({ content }) => content)),
  };
}

function blocksOf(message: string | undefined, role: string): Block[] {
  if (message === undefined) return [];
  const { role: whose, content } = JSON.parse(message) as { role?: string; content?: unknown }; // an object of a request
  return whose === role && Array.isArray(content) ? (content as Block[]) : [];
}
