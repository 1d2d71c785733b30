const GUARD = '\u0001';

/**
 * Marks words that begin with a dash and are no flags: `-`, what stands behind `--`, and a text with a blank (`- first this`). The
 * parser reads positionals twice, takes such a word for a flag the second time, and gives an empty text.
 */
export function guarded(words: readonly string[]): string[] {
  const end = words.includes('--') ? words.indexOf('--') : words.length;
  return [
    ...words.slice(0, end).map((word) => (isText(word) ? `${GUARD}${word}` : word)),
    ...words.slice(end + 1).map((word) => (word.startsWith('-') ? `${GUARD}${word}` : word)),
  ];
}

// `--job=sort the mail` has its blank behind the `=`.
const isText = (word: string): boolean => word === '-' || word.startsWith(GUARD) || /^-[^=]*\s/.test(word);

/** The words of a parsed command line without the marks. */
export function unguarded(parsed: Record<string, unknown>): Record<string, unknown> {
  const plain = (value: unknown): unknown =>
    Array.isArray(value)
      ? value.map(plain)
      : typeof value === 'string' && value.startsWith(GUARD)
        ? value.slice(GUARD.length)
        : value;
  return Object.fromEntries(Object.entries(parsed).map(([name, value]) => [name, plain(value)]));
}

/** What the parser says, without the marks. */
export const unguardedMessage = (message: string): string => message.replaceAll(GUARD, '');
