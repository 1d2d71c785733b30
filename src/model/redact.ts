const MASK = Buffer.from('[key withheld]');

/** Passes a stream through with every occurrence of `secret` masked, also one that is split over chunks. */
export async function* withoutSecret(
  body: AsyncIterable<Uint8Array>,
  secret: string | undefined,
): AsyncGenerator<Uint8Array> {
  if (!secret) {
    yield* body;
    return;
  }
  const needle = Buffer.from(secret);
  let held: Buffer = Buffer.alloc(0);
  for await (const chunk of body) {
    const bytes = maskBytes(held.length > 0 ? Buffer.concat([held, chunk]) : Buffer.from(chunk), needle);
    const keep = openPrefix(bytes, needle);
    held = bytes.subarray(bytes.length - keep);
    if (bytes.length > keep) yield bytes.subarray(0, bytes.length - keep);
  }
  if (held.length > 0) yield held;
}

/** A text with every occurrence of `secret` masked. */
export function maskText(text: string, secret: string | undefined): string {
  return secret ? text.replaceAll(secret, MASK.toString()) : text;
}

function maskBytes(bytes: Buffer, needle: Buffer): Buffer {
  const parts: Buffer[] = [];
  let from = 0;
  for (let at = bytes.indexOf(needle); at >= 0; at = bytes.indexOf(needle, from)) {
    parts.push(bytes.subarray(from, at), MASK);
    from = at + needle.length;
  }
  return from === 0 ? bytes : Buffer.concat([...parts, bytes.subarray(from)]);
}

/** How many bytes at the end may be the beginning of the secret. */
function openPrefix(bytes: Buffer, needle: Buffer): number {
  for (let length = Math.min(needle.length - 1, bytes.length); length > 0; length--) {
    if (bytes.subarray(bytes.length - length).equals(needle.subarray(0, length))) return length;
  }
  return 0;
}
