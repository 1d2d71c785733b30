import type { CountRequest } from './request.ts';

/** Characters of JSON that count as one token; near what English and code come to. */
const CHARS_PER_TOKEN = 3.8;

/** A plausible count of the tokens of anything, from the length of its JSON. */
export function estimateTokens(value: unknown): number {
  if (value === undefined) return 0;
  return Math.ceil((JSON.stringify(value) ?? '').length / CHARS_PER_TOKEN);
}

/** Usage in the API's own fields. */
export interface ApiUsage {
  input_tokens: number;
  cache_creation_input_tokens: number;
  cache_read_input_tokens: number;
  output_tokens: number;
}

/** The tokens of a whole request: system prompt, tools and messages. */
export function promptTokens({ system, tools, messages }: CountRequest): number {
  return estimateTokens(system) + estimateTokens(tools) + estimateTokens(messages);
}

/**
 * What a request would use. With any `cache_control` in it, what the request before has sent counts as read from
 * the cache and the rest as written to it; without, all is input.
 */
export function usageOf(request: CountRequest, reply: unknown): ApiUsage {
  const total = promptTokens(request);
  const output_tokens = Math.max(1, estimateTokens(reply));
  if (!JSON.stringify(request).includes('"cache_control"')) {
    return { input_tokens: total, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens };
  }
  const answered = request.messages.map(({ role }) => role).lastIndexOf('assistant');
  const known =
    answered < 0 ? 0 : promptTokens({ ...request, messages: request.messages.slice(0, answered) });
  const input_tokens = Math.min(4, total - known);
  return {
    input_tokens,
    cache_creation_input_tokens: total - known - input_tokens,
    cache_read_input_tokens: known,
    output_tokens,
  };
}
