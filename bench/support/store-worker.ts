import {
  closeSync,
  existsSync,
  fdatasyncSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import lockfile from 'proper-lockfile';
import { openMailbox } from '../../src/mailbox/mailbox.ts';
import { openTaskList } from '../../src/tasklist/tasklist.ts';

// One writer of the store bench: waits to be told, does its part, prints the time that each step took in milliseconds.
const { kind, dir, by, count, durable } = JSON.parse(process.argv[2] ?? '{}');
const text = 'm'.repeat(500);
const taken: number[] = [];
let failed = 0;

const timed = async (act: () => Promise<unknown>) => {
  const start = performance.now();
  await act();
  taken.push(performance.now() - start);
};

const parts: Record<string, () => Promise<void>> = {
  async send() {
    const mailbox = openMailbox(dir, { durable });
    await mailbox.send({ from: by, to: 'warm', text, incarnation: 1 });
    for (let i = 0; i < count; i++)
      await timed(() => mailbox.send({ from: by, to: 'bob', text, incarnation: 1 }));
  },
  /** As others keep an inbox: one JSON array, read and replaced under proper-lockfile with five retries. */
  async array() {
    const file = `${dir}/inbox.json`;
    for (let i = 0; i < count; i++) {
      await timed(async () => {
        try {
          const release = await lockfile.lock(file, { retries: 5 });
          const messages = JSON.parse(readFileSync(file, 'utf8'));
          messages.push({ from: by, text, read: false });
          writeFileSync(`${file}.${by}`, JSON.stringify(messages));
          renameSync(`${file}.${by}`, file);
          await release();
        } catch {
          failed++;
        }
      });
    }
  },
  async claim() {
    const tasks = openTaskList(dir, { durable });
    await tasks.list();
    for (;;) {
      const start = performance.now();
      const claim = await tasks.claim({ by, incarnation: 1 });
      if (!claim.won) break;
      taken.push(performance.now() - start);
    }
  },
  /** The least that anything durable costs here: append and fdatasync, nothing read. */
  async bare() {
    const fd = openSync(`${dir}/bare-${by}`, 'a');
    for (let i = 0; i < count; i++) {
      await timed(async () => {
        writeSync(fd, `\n${text}`);
        if (durable) fdatasyncSync(fd);
      });
    }
    closeSync(fd);
  },
};

process.stdout.write('ready\n');
while (!existsSync(`${dir}/go`)) await delay(5);
await parts[kind]?.();
process.stdout.write(`${JSON.stringify({ taken, failed })}\n`);
process.exit(0);
