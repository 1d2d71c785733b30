/**
 * What a hook gives to a server's tool: in its texts, `${tool_input.file_path}` is that field of the event. What is not there is empty; what is no
 * text stands as JSON. `fill` fills in what is left, before, so that no word of an event is taken for a variable.
 */
export function filledInput(
  given: Record<string, unknown>,
  event: unknown,
  fill: (text: string) => string,
): Record<string, unknown> {
  const filled = (value: unknown): unknown => {
    if (typeof value === 'string')
      return fill(value).replaceAll(FIELD, (_, path: string) => textAt(event, path));
    if (Array.isArray(value)) return value.map(filled);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, filled(each)]));
  };
  return filled(given) as Record<string, unknown>; // an object stays one
}

const FIELD = /\$\{([a-z_]\w*(?:\.\w+)*)\}/g;

function textAt(event: unknown, path: string): string {
  let at = event;
  for (const name of path.split('.')) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, name)) return '';
    at = (at as Record<string, unknown>)[name];
  }
  return typeof at === 'string' ? at : JSON.stringify(at);
}
