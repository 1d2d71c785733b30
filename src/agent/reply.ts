import type { BetaContentBlockParam, BetaToolUseBlockParam } from '@anthropic-ai/sdk/resources/beta';
import { ModelError } from './model-error.ts';

/** One message of the model, its blocks as they are sent back. */
export interface Reply {
  content: BetaContentBlockParam[];
  stopReason: string | null;
  usage: ReplyUsage;
}

export interface ReplyUsage {
  input: number;
  output: number;
  cacheRead: number;
  cacheWrite: number;
}

/** What a reply lets others watch while it streams. */
export interface ReplyListener {
  /** The first event is here: the model has taken the request. */
  begun(): void;
  text(delta: string): void;
  /** A tool call is complete, others may follow. */
  call(block: BetaToolUseBlockParam): void;
}

/**
 * Gathers a reply from the events of its stream, fed one by one. Throws ModelError for an error event and for data that is
 * no JSON. Source of the events: https://platform.claude.com/docs/en/build-with-claude/streaming.
 */
export class ReplyReader {
  readonly reply: Reply = {
    content: [],
    stopReason: null,
    usage: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
  };
  isWhole = false;
  readonly #listener: ReplyListener;
  #open: StreamedBlock | undefined;
  #json = '';

  constructor(listener: ReplyListener) {
    this.#listener = listener;
  }

  /** What was said so far; calls only when they are complete. */
  get partial(): BetaContentBlockParam[] {
    const open = this.#open;
    const text = open?.type === 'text' ? open.text : undefined;
    return text === undefined || text === ''
      ? this.reply.content
      : [...this.reply.content, { type: 'text', text }];
  }

  /** Takes the data of one event. */
  take(data: string): void {
    const event = parsed(data);
    switch (event.type) {
      case 'message_start':
        this.#count(event.message?.usage);
        this.#listener.begun();
        break;
      case 'content_block_start':
        this.#open = event.content_block;
        this.#json = '';
        break;
      case 'content_block_delta':
        this.#add(event.delta);
        break;
      case 'content_block_stop':
        this.#close();
        break;
      case 'message_delta':
        this.reply.stopReason = event.delta?.stop_reason ?? this.reply.stopReason;
        this.#count(event.usage);
        break;
      case 'message_stop':
        this.isWhole = true;
        break;
      case 'error':
        throw ModelError.of(undefined, data);
    }
  }

  #add(delta: StreamedDelta | undefined): void {
    const block = this.#open;
    if (block === undefined || delta === undefined) return;
    if (delta.type === 'text_delta') {
      block.text = `${block.text ?? ''}${delta.text ?? ''}`;
      this.#listener.text(delta.text ?? '');
    } else if (delta.type === 'input_json_delta') {
      this.#json += delta.partial_json ?? '';
    } else if (delta.type === 'thinking_delta') {
      block.thinking = `${block.thinking ?? ''}${delta.thinking ?? ''}`;
    } else if (delta.type === 'signature_delta') {
      block.signature = delta.signature;
    } else if (delta.type === 'compaction_delta') {
      block.content = delta.content;
      block.encrypted_content = delta.encrypted_content;
    }
  }

  #close(): void {
    const block = this.#open;
    this.#open = undefined;
    if (block === undefined || (block.type === 'text' && block.text === '')) return; // the API takes no empty text back
    if (block.type === 'tool_use')
      block.input = this.#json === '' ? (block.input ?? {}) : inputOf(this.#json);
    // What the API has sent is a block of the API, also when this SDK does not know its type yet.
    this.reply.content.push(block as unknown as BetaContentBlockParam);
    if (block.type === 'tool_use') this.#listener.call(block as unknown as BetaToolUseBlockParam);
  }

  #count(usage: ApiUsage | undefined): void {
    const was = this.reply.usage;
    this.reply.usage = {
      input: usage?.input_tokens ?? was.input,
      output: usage?.output_tokens ?? was.output,
      cacheRead: usage?.cache_read_input_tokens ?? was.cacheRead,
      cacheWrite: usage?.cache_creation_input_tokens ?? was.cacheWrite,
    };
  }
}

interface ApiUsage {
  input_tokens?: number | null;
  output_tokens?: number | null;
  cache_read_input_tokens?: number | null;
  cache_creation_input_tokens?: number | null;
}

interface StreamedBlock {
  type: string;
  text?: string;
  input?: unknown;
  [field: string]: unknown;
}

interface StreamedDelta {
  type?: string;
  text?: string;
  partial_json?: string;
  stop_reason?: string | null;
  [field: string]: unknown;
}

interface StreamedEvent {
  type?: string;
  message?: { usage?: ApiUsage };
  content_block?: StreamedBlock;
  delta?: StreamedDelta;
  usage?: ApiUsage;
}

function parsed(data: string): StreamedEvent {
  try {
    return JSON.parse(data) as StreamedEvent; // fields are looked at one by one
  } catch {
    throw new ModelError(undefined, undefined, `an event of its answer is no JSON: ${data.slice(0, 200)}`);
  }
}

function inputOf(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw new ModelError(undefined, undefined, `the input of a tool call is no JSON: ${json.slice(0, 200)}`);
  }
}
