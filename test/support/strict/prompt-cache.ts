/** Usage as the API counts it for one request. */
export interface PromptUsage {
  input_tokens: number;
  cache_read_input_tokens: number;
  cache_creation_input_tokens: number;
}

interface Request {
  tools?: unknown[];
  system?: unknown;
  messages: { role: string; content: unknown }[];
}

/** How many blocks before a mark a cached beginning is looked for, as the API does. */
const LOOK_BACK = 20;

/** Tokens of a text, roughly. */
export const tokensOf = (value: unknown): number => Math.ceil(JSON.stringify(value ?? '').length / 4);

/** A prompt cache that works as the API's: beginnings that end at a mark are kept, whole and byte for byte. */
export function createPromptCache() {
  const kept = new Set<string>();
  return {
    use(request: Request): PromptUsage {
      const blocks = blocksOf(request);
      let prefix = '';
      const prefixes = blocks.map(({ text }) => {
        prefix += `${text}\n`;
        return prefix;
      });
      const marks = blocks.flatMap(({ isMarked }, at) => (isMarked ? at : []));
      let read = -1;
      for (const mark of marks) {
        for (let at = mark; at >= Math.max(0, mark - LOOK_BACK); at--) {
          if (kept.has(prefixes[at] ?? '') && at > read) read = at;
        }
      }
      for (const mark of marks) kept.add(prefixes[mark] ?? '');
      const tokens = (from: number, to: number) =>
        blocks.slice(from, to).reduce((sum, { text }) => sum + Math.ceil(text.length / 4), 0);
      const last = marks.at(-1) ?? -1;
      return {
        cache_read_input_tokens: tokens(0, read + 1),
        cache_creation_input_tokens: last > read ? tokens(read + 1, last + 1) : 0,
        input_tokens: tokens(Math.max(read, last) + 1, blocks.length),
      };
    },
  };
}

/** A prompt in its order: tools, system, messages; each block without its mark, and whether it has one. */
function blocksOf({ tools = [], system = [], messages }: Request): { text: string; isMarked: boolean }[] {
  const all: unknown[] = [
    ...tools,
    ...(typeof system === 'string' ? [{ text: system }] : (system as unknown[])),
  ];
  for (const { role, content } of messages) {
    const blocks = typeof content === 'string' ? [{ type: 'text', text: content }] : (content as object[]);
    all.push(...blocks.map((block) => ({ role, ...block })));
  }
  return all.map((block) => {
    const { cache_control: mark, ...rest } = block as { cache_control?: unknown };
    return { text: JSON.stringify(rest), isMarked: mark !== undefined && mark !== null };
  });
}
