import { sseParser } from '../sse.ts';
import type { ModelResponse } from '../upstream.ts';

/** What a model said: its text, and the calls that it makes. */
export interface RecordedReply {
  text: string;
  calls: { name: string; input: Record<string, unknown> }[];
}

interface Block {
  type?: string;
  text?: string;
  name?: string;
  input?: Record<string, unknown>;
}

/** Puts an answer together from its bytes as they pass; `whole` gives nothing for one that was cut. */
export function replyReader({ headers }: ModelResponse): {
  feed(chunk: Uint8Array): void;
  whole(): RecordedReply | undefined;
} {
  if (!(headers['content-type'] ?? '').startsWith('text/event-stream')) return jsonReader();
  const parse = sseParser();
  const blocks: (Block & { json: string })[] = [];
  let isWhole = false;
  return {
    feed: (chunk) => {
      for (const { data } of parse(chunk)) {
        const event = objectIn(data) as {
          type?: string;
          content_block?: Block;
          delta?: { text?: string; partial_json?: string };
        };
        const open = blocks.at(-1);
        if (event.type === 'content_block_start') blocks.push({ json: '', ...event.content_block });
        if (event.type === 'content_block_delta' && open !== undefined) {
          open.text = `${open.text ?? ''}${event.delta?.text ?? ''}`;
          open.json += event.delta?.partial_json ?? '';
        }
        isWhole ||= event.type === 'message_stop';
      }
    },
    whole: () =>
      isWhole
        ? replyOf(
            blocks.map(({ json, ...block }) => (json === '' ? block : { ...block, input: objectIn(json) })),
          )
        : undefined,
  };
}

function jsonReader() {
  const chunks: Uint8Array[] = [];
  return {
    feed: (chunk: Uint8Array) => void chunks.push(chunk),
    whole: () => {
      const { content } = objectIn(Buffer.concat(chunks).toString());
      return Array.isArray(content) ? replyOf(content as Block[]) : undefined;
    },
  };
}

function replyOf(blocks: readonly Block[]): RecordedReply {
  return {
    text: blocks.flatMap(({ type, text }) => (type === 'text' ? [text ?? ''] : [])).join(''),
    calls: blocks.flatMap(({ type, name = '', input = {} }) =>
      type === 'tool_use' ? [{ name, input }] : [],
    ),
  };
}

function objectIn(json: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {}; // what the agent can't read either
  }
}
