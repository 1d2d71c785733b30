/** Headers of one connection only, and what is meant for a proxy. Source: RFC 9110, 7.6.1 and 11.7. */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Pairs of name and value as Node gives them in one list. */
export function headerPairs(raw: readonly string[]): [name: string, value: string][] {
  const pairs: [string, string][] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) pairs.push([raw[i] ?? '', raw[i + 1] ?? '']);
  return pairs;
}

/** All values of a header, in their order. */
export function valuesOf(raw: readonly string[], name: string): string[] {
  return headerPairs(raw).flatMap(([each, value]) => (each.toLowerCase() === name ? [value] : []));
}

/** The headers that go on to the other end, in one list: without those of the connection and those that it names. */
export function endToEnd(raw: readonly string[], dropped: readonly string[] = []): string[] {
  const named = valuesOf(raw, 'connection').flatMap((value) => value.toLowerCase().split(','));
  const left = new Set([...HOP_BY_HOP, ...dropped, ...named.map((name) => name.trim())]);
  return headerPairs(raw).flatMap((pair) => (left.has(pair[0].toLowerCase()) ? [] : pair));
}
