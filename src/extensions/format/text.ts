/** Text of a file as authors on any system wrote it: without a byte order mark, lines ended by `\n`. */
export function readableText(bytes: Uint8Array): string {
  return new TextDecoder('utf-8').decode(bytes).replaceAll(/\r\n?/g, '\n');
}

/** JSON with the reason in words when it is none. Keys that JavaScript would act on are dropped. */
export function parseJson(text: string): { value: unknown } | { reason: string } {
  try {
    return {
      value: JSON.parse(text, (key, value: unknown) => (key === '__proto__' ? undefined : value)),
    };
  } catch (error) {
    return { reason: `is no JSON: ${error instanceof Error ? error.message : String(error)}` };
  }
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The strings in a list; anything else in it is left out. */
export const strings = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((each): each is string => typeof each === 'string') : [];

/** What a value is, for messages. */
export const kindOf = (value: unknown): string =>
  value === null
    ? 'null'
    : Array.isArray(value)
      ? 'a list'
      : typeof value === 'object'
        ? 'an object'
        : `a ${typeof value}`;
