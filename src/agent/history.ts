import type {
  BetaContentBlockParam,
  BetaMessageParam,
  BetaToolResultBlockParam,
  BetaToolUseBlockParam,
} from '@anthropic-ai/sdk/resources/beta';
import type { TranscriptEntry } from '../protocol/gate.ts';

/** The name under which the API makes summaries of conversations, and takes them back. */
export const COMPACTION_BETA = 'compact-2026-09-04';
/** How an agent is told of a summary. */
export const REPLACED = '[team] Your conversation was replaced by your own summary of it.';

/**
 * The conversation as the model sees it, each step written to the transcript before anything follows from it. It always
 * keeps the rules of the Messages API: roles alternate, and every tool call is answered in the next user message.
 */
export class History {
  readonly messages: BetaMessageParam[] = [];
  /** Names this conversation to the keeper; a new one when its beginning has changed. */
  id = newId();
  /** How many messages from the beginning the keeper has got, as they are now. */
  sent = 0;
  readonly #write: (entries: readonly TranscriptEntry[]) => Promise<void>;
  /** What is to be written together with what comes next, and how it is taken back. */
  #held: { entries: TranscriptEntry[]; undo: () => void } | undefined;
  #written: Promise<void> = Promise.resolve();

  constructor(write: (entries: readonly TranscriptEntry[]) => Promise<void>) {
    this.#write = write;
  }

  /** Rebuilds the conversation from the transcript of earlier incarnations. */
  restore(entries: readonly TranscriptEntry[]): void {
    for (const entry of entries) {
      if (entry.type === 'note') continue;
      // Entries are written by `add` below from blocks of the API, which takes no empty text; earlier formats wrote some.
      const content = entry.content.filter(({ text }) => text !== '') as unknown as BetaContentBlockParam[];
      if (content.length === 0) continue;
      if (entry.type === 'compacted') this.#begin(content);
      else this.#join(entry.type, content);
    }
  }

  /** All messages have gone out. */
  markSent(): void {
    this.sent = this.messages.length;
  }

  /** Settles when all that was added is written. What can't be written is not in the conversation any more, and the promise rejects. */
  get written(): Promise<void> {
    return this.#written;
  }

  /**
   * Adds what the user side says: tool results first, then texts. It is in the conversation at once: the model may be asked
   * before it is `written`, but nothing may follow from its answer, and nothing else be added.
   */
  async addUser(content: BetaContentBlockParam[]): Promise<void> {
    await this.#add('user', content);
  }

  /** Whether it begins with a summary that only a server which makes such summaries can read. */
  get isServersSummary(): boolean {
    return this.messages[0]?.role === 'assistant';
  }

  /** Puts the text of such a summary in its place, for a server that makes none. */
  makeSummaryPlain(): void {
    const [summary, ...rest] = this.messages;
    if (summary?.role !== 'assistant' || !Array.isArray(summary.content)) return;
    const text = summary.content.flatMap((block) =>
      block.type === 'compaction' ? [block.content ?? ''] : [],
    );
    this.#begin([{ type: 'text', text: `${REPLACED}\n\n${text.join('\n')}` }]);
    for (const { role, content } of rest) {
      if (role !== 'system' && Array.isArray(content)) this.#join(role, content);
    }
  }

  /** Puts one message of the user side in place of the whole conversation; a summary of the server's comes first in it. */
  async replace(content: BetaContentBlockParam[]): Promise<void> {
    await this.#written;
    await this.#write([entryOf('compacted', content)]);
    this.#begin(content);
  }

  /** Another conversation that begins as this one does, and is written nowhere. */
  fork(messages: readonly BetaMessageParam[]): History {
    const fork = new History(async () => {});
    for (const { role, content = [] } of messages) {
      const blocks = typeof content === 'string' ? [{ type: 'text', text: content } as const] : content;
      if (role !== 'system') fork.#join(role, blocks);
    }
    return fork;
  }

  #begin(content: BetaContentBlockParam[]): void {
    this.id = newId();
    this.sent = 0;
    const summary = content.filter(({ type }) => type === 'compaction');
    this.messages.length = 0;
    if (summary.length > 0) this.messages.push({ role: 'assistant', content: summary });
    this.messages.push({ role: 'user', content: content.filter(({ type }) => type !== 'compaction') });
  }

  async addAssistant(content: BetaContentBlockParam[]): Promise<void> {
    if (content.length > 0) await this.#add('assistant', content);
  }

  /** Adds a reply from which nothing follows yet: it is written with the next message, or by `flush`. */
  holdAssistant(content: BetaContentBlockParam[]): void {
    const whole = content.map(kept);
    const undo = this.#undo();
    this.#join('assistant', whole);
    this.#held = { undo, entries: inPortions(whole).map((part) => entryOf('assistant', part)) };
  }

  /** Writes what is held back. */
  async flush(): Promise<void> {
    const held = this.#held;
    this.#held = undefined;
    if (held !== undefined) await this.#writeOr(held.undo, held.entries);
  }

  /** The tool calls of the last assistant message that nobody has answered. */
  openCalls(): BetaToolUseBlockParam[] {
    const at = this.messages.findLastIndex(({ role }) => role === 'assistant');
    const [last, ...after] = this.messages.slice(at);
    if (last?.role !== 'assistant' || last.content === undefined || typeof last.content === 'string')
      return [];
    const answered = new Set(after.flatMap(answeredIn));
    return last.content.filter(
      (block): block is BetaToolUseBlockParam => block.type === 'tool_use' && !answered.has(block.id),
    );
  }

  /** Answers for them, all in the same words. */
  unanswered(reason: string): BetaToolResultBlockParam[] {
    return this.openCalls().map(({ id }) => ({
      ...{ type: 'tool_result', tool_use_id: id },
      ...{ is_error: true, content: reason },
    }));
  }

  async #add(role: 'user' | 'assistant', content: BetaContentBlockParam[]): Promise<void> {
    const whole = content.map(kept);
    const { entries: held, undo } = this.#held ?? { entries: [], undo: this.#undo() };
    this.#held = undefined;
    this.#join(role, whole);
    await this.#writeOr(undo, [...held, ...inPortions(whole).map((part) => entryOf(role, part))]);
  }

  /** Writes entries, as many at a time as go into one request to the keeper; brings the conversation to what is written if that fails. */
  #writeOr(undo: () => void, entries: readonly TranscriptEntry[]): Promise<void> {
    const write = async (): Promise<void> => {
      const portions = inPortions(entries);
      for (const [index, some] of portions.entries()) {
        await this.#write(some).catch((error: unknown) => {
          undo();
          this.restore(portions.slice(0, index).flat());
          throw error;
        });
      }
    };
    this.#written = write();
    return this.#written;
  }

  /** How the conversation is brought back to what it is now. The keeper may have got more by then, so it gets all of it anew. */
  #undo(): () => void {
    const { length } = this.messages;
    const last = this.messages.at(-1);
    return () => {
      this.messages.splice(length);
      if (last !== undefined) this.messages[length - 1] = last;
      this.id = newId();
      this.sent = 0;
    };
  }

  /** Appends a message, or joins it to the last one when that has the same role. */
  #join(role: 'user' | 'assistant', content: BetaContentBlockParam[]): void {
    const last = this.messages.at(-1);
    if (last?.role === role && Array.isArray(last.content)) {
      this.sent = Math.min(this.sent, this.messages.length - 1);
      this.messages[this.messages.length - 1] = { role, content: [...last.content, ...content] };
    } else {
      this.messages.push({ role, content });
    }
  }
}

/** The API's blocks are plain JSON objects, each with a type. */
const entryOf = (type: TranscriptEntry['type'], content: BetaContentBlockParam[]): TranscriptEntry =>
  ({ type, content }) as TranscriptEntry;

const newId = (): string => Math.random().toString(36).slice(2);

/** Largest content of one record of the transcript, in bytes; one message may take several. */
const PART_MAX = 700_000;

const bytesOf = (part: object): number => Buffer.byteLength(JSON.stringify(part));

/** A block as it can be kept: a result that is too large for a record is replaced by a word on it. */
function kept(block: BetaContentBlockParam): BetaContentBlockParam {
  const bytes = bytesOf(block);
  if (block.type !== 'tool_result' || bytes <= PART_MAX) return block;
  const content = `The result has ${bytes} bytes, which is too much. Ask for less at a time.`;
  return { ...block, content, is_error: true };
}

/** The items in their order, so many together as come to at most PART_MAX; never an empty portion. */
function inPortions<Item extends object>(items: readonly Item[]): Item[][] {
  const portions: Item[][] = [];
  let size = Number.POSITIVE_INFINITY;
  for (const item of items) {
    const bytes = bytesOf(item);
    if (size + bytes > PART_MAX) {
      portions.push([]);
      size = 0;
    }
    portions.at(-1)?.push(item);
    size += bytes;
  }
  return portions;
}

function answeredIn({ content }: BetaMessageParam): string[] {
  if (content === undefined || typeof content === 'string') return [];
  return content.flatMap((block) => (block.type === 'tool_result' ? [block.tool_use_id] : []));
}

/** All text that the user side has said in a conversation. */
export function userTexts(messages: readonly BetaMessageParam[]): string[] {
  return messages.flatMap((message) => {
    if (message.role !== 'user') return [];
    if (typeof message.content === 'string') return [message.content];
    return message.content.flatMap((block) => (block.type === 'text' ? [block.text] : []));
  });
}
