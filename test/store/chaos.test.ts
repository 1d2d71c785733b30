import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { openMailbox } from '../../src/mailbox/mailbox.ts';
import { openFileBackend } from '../../src/store/file-backend.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { runChaos } from './support/chaos.ts';

/** The whole form, and for how long it is repeated; `npm run soak -- MINUTES` sets it. */
const soakMinutes = Number(process.env.COWORK_SOAK ?? 0);
const size =
  soakMinutes > 0
    ? { processes: 16, tasks: 5000, messages: 50_000 }
    : { processes: 5, tasks: 120, messages: 500 };

describe('a team in chaos', () => {
  it(
    'ends with every task done once and every message acked once, killed, paused, robbed of its lock, with wrong clocks',
    async () => {
      const until = performance.now() + soakMinutes * 60_000;
      do {
        const report = await runChaos({
          ...{ dir: await temporaryFolder(), ...size, everyMs: soakMinutes > 0 ? 1500 : 400 },
          badLuck: soakMinutes > 0 ? 150 : 10,
          timeoutMs: soakMinutes > 0 ? 3_600_000 : 120_000,
        });
        process.stdout.write(`chaos: ${JSON.stringify({ ...size, ...report })}\n`);
      } while (performance.now() < until);
    },
    soakMinutes > 0 ? 36_000_000 : 180_000,
  );
});

describe('a writer in Python and four of ours at once', () => {
  it('lose nothing, double nothing and agree on every place, across segments', async () => {
    const dir = await temporaryFolder();
    const folder = join(dir, 'mailbox', 'bob');
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const script = join(import.meta.dirname, 'foreign_writer.py');
    const python = ['user', 'other'].map((name) =>
      promisify(execFile)('python3', [script, folder, name, '150']),
    );
    const ours = Array.from({ length: 4 }, async (_, i) => {
      const mailbox = openMailbox(dir, {
        backend: openFileBackend(dir, { durable: false, segmentBytes: 8000 }),
      });
      for (let n = 1; n <= 150; n++) {
        await mailbox.send({ from: `agent-${i}`, to: 'bob', text: `${n}`, incarnation: 1 });
        if (n % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      }
    });
    await Promise.all([...python, ...ours]);
    const all = await openMailbox(dir).log();
    expect(all.map(({ seq }) => seq).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 900 }, (_, i) => i + 1),
    );
    for (const from of ['user', 'other', 'agent-0', 'agent-1', 'agent-2', 'agent-3']) {
      const numbers = all.filter((message) => message.from === from).sort((a, b) => a.seq - b.seq);
      expect(numbers.map(({ text }) => Number(text))).toEqual(Array.from({ length: 150 }, (_, i) => i + 1));
    }
  }, 60_000);
});
