import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openMailbox } from '../../src/mailbox/mailbox.ts';
import { SEGMENT_BYTES, segmentFile } from '../../src/store/segments.ts';

export const MESSAGE = 'm'.repeat(500);

/** Lays out an inbox of bob's with `count` messages, in segments with their bases, as a team that wrote them has it. */
export async function fillInbox(dir: string, count: number): Promise<void> {
  mkdirSync(join(dir, 'mailbox', 'bob'), { recursive: true });
  const file = join(dir, 'mailbox', 'bob', 'inbox.jsonl');
  const head = {
    v: 1,
    type: 'message',
    by: 'ann',
    incarnation: 1,
    at: '2026-01-01T00:00:00.000Z',
    to: 'bob',
  };
  const body = { kind: 'message', priority: 'steer', text: MESSAGE, replyTo: null, broadcastId: null };
  let lines: string[] = [];
  let size = 0;
  let segment = 1;
  for (let i = 0; i < count; i++) {
    const line = `\n${JSON.stringify({ id: `ID${i}`, ...head, ...body })}\n`;
    lines.push(line);
    size += line.length;
    if (size <= SEGMENT_BYTES) continue;
    lines.push(`\n${JSON.stringify({ ...head, v: 2, id: `S${segment}`, type: 'sealed', by: 'team' })}\n`);
    writeFileSync(segmentFile(file, segment++), lines.join(''));
    lines = [];
    size = 0;
  }
  writeFileSync(segmentFile(file, segment), lines.join(''));
  await openMailbox(dir, { durable: false }).compact();
}
