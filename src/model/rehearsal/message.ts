import { setTimeout as delay } from 'node:timers/promises';
import { encodeEvent } from '../sse.ts';
import type { Played } from './player.ts';
import type { ApiUsage } from './tokens.ts';

/** The model name that every rehearsed message carries. */
export const REHEARSAL_MODEL = 'rehearsal';

/** Characters of text in one delta: small enough to be watched, large enough for a slow VM. */
const TEXT_PIECE = 48;
/** Characters of a call's input in one delta. */
const JSON_PIECE = 2048;
/** Time between two deltas of text in milliseconds, and the most that one message may take for them. */
const TEXT_PACE = 12;
const TEXT_PACE_MAX = 300;

interface TextBlock {
  type: 'text';
  text: string;
}

interface ToolUseBlock {
  type: 'tool_use';
  id: string;
  name: string;
  input: Record<string, unknown>;
}

/** A message as the Messages API answers it. */
export interface ApiMessage {
  id: string;
  type: 'message';
  role: 'assistant';
  model: string;
  content: (TextBlock | ToolUseBlock)[];
  stop_reason: 'end_turn' | 'tool_use';
  stop_sequence: null;
  usage: ApiUsage;
}

/** What is played, as content blocks; ids follow from the conversation. */
export function contentOf({ digest, text, calls }: Played): ApiMessage['content'] {
  const content: ApiMessage['content'] = text === '' ? [] : [{ type: 'text', text }];
  calls.forEach(({ name, input }, index) => {
    content.push({ type: 'tool_use', id: `toolu_rehearsal_${digest.slice(0, 20)}_${index}`, name, input });
  });
  return content;
}

/** What is played, as a whole message. */
export function messageOf(played: Played, usage: ApiUsage): ApiMessage {
  return {
    id: `msg_rehearsal_${played.digest.slice(0, 20)}`,
    type: 'message',
    role: 'assistant',
    model: REHEARSAL_MODEL,
    content: contentOf(played),
    stop_reason: played.calls.length > 0 ? 'tool_use' : 'end_turn',
    stop_sequence: null,
    usage,
  };
}

/** A message as the stream of events of the Messages API, text piece by piece. */
export async function* streamMessage(message: ApiMessage, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const { content, stop_reason, stop_sequence, usage } = message;
  const event = (type: string, fields: object) => encodeEvent(type, { type, ...fields });
  yield event('message_start', {
    message: { ...message, content: [], stop_reason: null, usage: { ...usage, output_tokens: 1 } },
  });
  yield event('ping', {});
  for (const [index, block] of content.entries()) {
    const content_block = block.type === 'text' ? { ...block, text: '' } : { ...block, input: {} };
    yield event('content_block_start', { index, content_block });
    if (block.type === 'text') {
      const pieces = cut(block.text, TEXT_PIECE);
      for (const text of pieces) {
        yield event('content_block_delta', { index, delta: { type: 'text_delta', text } });
        await delay(Math.min(TEXT_PACE, TEXT_PACE_MAX / pieces.length), undefined, { signal });
      }
    } else {
      // The real API, too, begins with an empty piece.
      for (const partial_json of ['', ...cut(JSON.stringify(block.input), JSON_PIECE)]) {
        yield event('content_block_delta', { index, delta: { type: 'input_json_delta', partial_json } });
      }
    }
    yield event('content_block_stop', { index });
  }
  yield event('message_delta', {
    delta: { stop_reason, stop_sequence },
    usage: { output_tokens: usage.output_tokens },
  });
  yield event('message_stop', {});
}

/** Pieces of about `size` UTF-16 units that split no surrogate pair; small texts still make two. */
function cut(text: string, size: number): string[] {
  const step = Math.max(1, Math.min(size, Math.ceil(text.length / 2)));
  const pieces: string[] = [];
  for (let from = 0; from < text.length; ) {
    let to = Math.min(text.length, from + step);
    if (to < text.length && text.codePointAt(to - 1) !== text.charCodeAt(to - 1)) to++;
    pieces.push(text.slice(from, to));
    from = to;
  }
  return pieces;
}
