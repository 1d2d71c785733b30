import type { GateClient } from './gate-client.ts';

/** Bytes that go over the gate at a time; with base64 below what a request may have. */
const PIECE = 512 * 1024;

/** Hands bytes to the keeper, piece by piece, as an artifact of the team. */
export async function upload(
  gate: GateClient,
  bytes: AsyncIterable<Buffer>,
  as: { name: string; title: string; kind: string },
): Promise<unknown> {
  let draft: string | undefined;
  for await (const piece of inPieces(bytes)) {
    const data = piece.toString('base64');
    const answer = await gate.call<{ upload: string }>('POST', '/agent/artifact', { upload: draft, data });
    draft = answer.upload;
  }
  return gate.call('POST', '/agent/artifact-done', { upload: draft, ...as });
}

/** At least one piece, though it be empty. */
async function* inPieces(bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let held: Buffer = Buffer.alloc(0);
  for await (const chunk of bytes) {
    held = Buffer.concat([held, chunk]);
    for (; held.length > PIECE; held = held.subarray(PIECE)) yield held.subarray(0, PIECE);
  }
  yield held;
}
