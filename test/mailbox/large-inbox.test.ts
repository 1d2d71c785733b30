import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openMailbox } from '../../src/mailbox/mailbox.ts';
import { temporaryFolder } from '../support/temporary.ts';

/** An inbox with `count` messages in it, as this program writes them. */
async function teamWith(count: number): Promise<string> {
  const teamDir = await temporaryFolder();
  const folder = join(teamDir, 'mailbox', 'bob');
  mkdirSync(folder, { recursive: true });
  const text = 'm'.repeat(300);
  const lines: string[] = [];
  for (let i = 1; i <= count; i++) {
    lines.push(
      `\n${JSON.stringify({
        ...{ v: 1, id: `ID${i}`, type: 'message', by: 'ann', incarnation: 1, at: '2026-01-01T00:00:00.000Z' },
        ...{
          to: 'bob',
          kind: 'message',
          priority: 'steer',
          text,
          replyTo: null,
          broadcastId: null,
          key: `k${i}`,
        },
      })}\n`,
    );
  }
  writeFileSync(join(folder, 'inbox.jsonl'), lines.join(''));
  return teamDir;
}

async function medianMs(rounds: number, act: (i: number) => Promise<unknown>): Promise<number> {
  const taken: number[] = [];
  for (let i = 0; i < rounds; i++) {
    const start = performance.now();
    await act(i);
    taken.push(performance.now() - start);
  }
  return taken.sort((a, b) => a - b)[Math.floor(rounds / 2)] ?? 0;
}

describe('an inbox of 100,000 messages', () => {
  it('takes and hands over a message at the cost of one of 10, with and without a key', async () => {
    const cost: Record<number, { send: number; read: number }> = {};
    for (const count of [10, 100_000]) {
      const teamDir = await teamWith(count);
      const mailbox = openMailbox(teamDir, { durable: false });
      const inbox = mailbox.inbox('bob', { after: 0 });
      await mailbox.send({ from: 'ann', to: 'bob', text: 'warm', incarnation: 1 });
      expect(await inbox.read()).toHaveLength(count + 1);
      const sends = await medianMs(300, (i) =>
        mailbox.send({
          from: 'ann',
          to: 'bob',
          text: 'x',
          incarnation: 1,
          ...(i % 2 ? { key: `new${i}` } : {}),
        }),
      );
      const reads = await medianMs(300, async () => {
        await mailbox.send({ from: 'ann', to: 'bob', text: 'x', incarnation: 1 });
        expect((await inbox.read()).length).toBeGreaterThan(0);
      });
      expect(
        await mailbox.send({ from: 'ann', to: 'bob', text: 'again', incarnation: 1, key: 'k7' }),
      ).toMatchObject({
        id: 'ID7',
        seq: 7,
      });
      cost[count] = { send: sends, read: reads };
    }
    // The bench has the exact figures; here a loose bound tells a scan (hundreds of times slower) from none.
    expect(cost[100_000]?.send).toBeLessThan(5 * (cost[10]?.send ?? 0) + 1);
    expect(cost[100_000]?.read).toBeLessThan(5 * (cost[10]?.read ?? 0) + 1);
  }, 60_000);
});
