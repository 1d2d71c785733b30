import { sseParser } from './sse.ts';
import type { ModelResponse } from './upstream.ts';

/** Tokens of one answer, as the API counts them: `input` is what was neither read from nor written to the cache. */
export interface Usage {
  input: number;
  output: number;
  cacheRead: number;
  cacheWrite: number;
}

/** What one answer used, and the model that the server says it came from. */
export interface Metered {
  model: string | null;
  usage: Usage;
}

/** Largest JSON answer that is looked into, in bytes. */
const JSON_MAX = 32 * 1024 * 1024;

/**
 * The same answer, whose usage is reported once its body ends: also when it is cut, with what was known until
 * then. Nothing is held up. An answer without usage (an error, a token count) reports nothing.
 */
export function metered(response: ModelResponse, report: (metered: Metered) => void): ModelResponse {
  if (response.status !== 200) return response;
  const isStream = (response.headers['content-type'] ?? '').startsWith('text/event-stream');
  return { ...response, body: passing(response.body, isStream ? streamMeter() : jsonMeter(), report) };
}

interface Meter {
  feed(chunk: Uint8Array): void;
  result(): Metered | null;
}

async function* passing(
  body: AsyncIterable<Uint8Array>,
  meter: Meter,
  report: (metered: Metered) => void,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of body) {
      meter.feed(chunk);
      yield chunk;
    }
  } finally {
    const result = meter.result();
    if (result) report(result);
  }
}

function streamMeter(): Meter {
  const parse = sseParser();
  let found: Metered | null = null;
  return {
    feed(chunk) {
      for (const { data } of parse(chunk)) {
        if (!/"type":\s*"message_(start|delta)"/.test(data)) continue;
        const event = parseLoose(data);
        const message = record(event.message);
        // message_start carries the message, message_delta the totals so far; a later number replaces an earlier one.
        found = merge(found, message.model, record(message.usage ?? event.usage));
      }
    },
    result: () => found,
  };
}

function jsonMeter(): Meter {
  const chunks: Uint8Array[] = [];
  let size = 0;
  return {
    feed(chunk) {
      size += chunk.length;
      if (size <= JSON_MAX) chunks.push(chunk);
    },
    result() {
      if (size > JSON_MAX) return null;
      const message = parseLoose(Buffer.concat(chunks).toString());
      return message.usage === undefined ? null : merge(null, message.model, record(message.usage));
    },
  };
}

function merge(before: Metered | null, model: unknown, usage: Record<string, unknown>): Metered {
  const was = before?.usage ?? { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 };
  return {
    model: typeof model === 'string' ? model : (before?.model ?? null),
    usage: {
      input: count(usage.input_tokens, was.input),
      output: count(usage.output_tokens, was.output),
      cacheRead: count(usage.cache_read_input_tokens, was.cacheRead),
      cacheWrite: count(usage.cache_creation_input_tokens, was.cacheWrite),
    },
  };
}

function count(value: unknown, otherwise: number): number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : otherwise;
}

function parseLoose(text: string): Record<string, unknown> {
  try {
    return record(JSON.parse(text));
  } catch {
    return {}; // nonsense from a server has no usage; the client sees the nonsense itself
  }
}

function record(value: unknown): Record<string, unknown> {
  // An object that is not null has string keys.
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
