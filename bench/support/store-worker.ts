import {
  closeSync,
  existsSync,
  fdatasyncSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import lockfile from 'proper-lockfile';
import { openMailbox } from '../../src/mailbox/mailbox.ts';
import type { Backend } from '../../src/store/backend.ts';
import { openFileBackend } from '../../src/store/file-backend.ts';
import { openTaskList } from '../../src/tasklist/tasklist.ts';

// One writer of the store bench: waits to be told, does its part, prints the time that each step took in milliseconds.
const { kind, dir, by, count, durable, server } = JSON.parse(process.argv[2] ?? '{}');
const text = 'm'.repeat(500);
/** Steps before the start: keepers live long, and a program that just started is slow at everything. */
const WARM = 1000;
const taken: number[] = [];
let failed = 0;

const timed = async (act: () => unknown) => {
  const start = performance.now();
  await act();
  taken.push(performance.now() - start);
};

const openStore = async (): Promise<Backend> => {
  if (server === undefined) return openFileBackend(dir, { durable });
  const { openNatsBackend } = await import('../../src/store/nats/backend.ts');
  return openNatsBackend(server, 'bench');
};

const openDatabase = (): DatabaseSync => {
  const database = new DatabaseSync(`${dir}/store.db`, { timeout: 60_000 });
  database.exec(`PRAGMA journal_mode=WAL; PRAGMA synchronous=${durable ? 'FULL' : 'OFF'}`);
  return database;
};

/** Makes what a part needs, before the start is given; gives the part. */
const parts: Record<string, () => Promise<() => Promise<void>>> = {
  async send() {
    const mailbox = openMailbox(dir, { backend: await openStore() });
    const warm = openMailbox(dir, { durable: false });
    for (let i = 0; i < WARM; i++) await warm.send({ from: by, to: `warm-${by}`, text, incarnation: 1 });
    await mailbox.send({ from: by, to: 'bob', text, incarnation: 1 });
    return async () => {
      for (let i = 0; i < count; i++)
        await timed(() => mailbox.send({ from: by, to: 'bob', text, incarnation: 1 }));
    };
  },
  /** As others keep an inbox: one JSON array, read and replaced under proper-lockfile with five retries. */
  async array() {
    const file = `${dir}/inbox.json`;
    const add = async () => {
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
    };
    return async () => {
      for (let i = 0; i < count; i++) await timed(add);
    };
  },
  /** One file for each message: draft, sync, rename. */
  async file() {
    mkdirSync(`${dir}/new`, { recursive: true });
    return async () => {
      for (let i = 0; i < count; i++) {
        await timed(() => {
          const fd = openSync(`${dir}/.${by}`, 'w');
          writeSync(fd, JSON.stringify({ from: by, text }));
          if (durable) fsyncSync(fd);
          closeSync(fd);
          renameSync(`${dir}/.${by}`, `${dir}/new/${by}-${i}`);
          if (!durable) return;
          const folder = openSync(`${dir}/new`, 'r');
          fsyncSync(folder);
          closeSync(folder);
        });
      }
    };
  },
  async sqlite() {
    const database = openDatabase();
    const insert = database.prepare('INSERT INTO messages (sender, text) VALUES (?, ?)');
    for (let i = 0; i < WARM / 10; i++) insert.run(by, text); // not its own code, and each is synced
    return async () => {
      for (let i = 0; i < count; i++) {
        await timed(() => {
          database.exec('BEGIN IMMEDIATE');
          insert.run(by, text);
          database.exec('COMMIT');
        });
      }
    };
  },
  async claim() {
    const tasks = openTaskList(dir, { backend: await openStore() });
    await tasks.list();
    const side = openTaskList(`${dir}/warm-${by}`, { durable: false });
    mkdirSync(`${dir}/warm-${by}`);
    for (let i = 0; i < WARM; i++) await side.create({ by, incarnation: 1, subject: 'warm' });
    for (let i = 0; i < WARM; i++) await side.claim({ by, incarnation: 1 });
    return async () => {
      for (;;) {
        const start = performance.now();
        const claim = await tasks.claim({ by, incarnation: 1 });
        if (!claim.won) break;
        taken.push(performance.now() - start);
      }
    };
  },
  async 'sqlite-claim'() {
    const database = openDatabase();
    const find = database.prepare("SELECT id FROM tasks WHERE state = 'pending' ORDER BY id LIMIT 1");
    const take = database.prepare("UPDATE tasks SET state = 'in_progress', owner = ? WHERE id = ?");
    for (let i = 0; i < WARM; i++) find.get();
    return async () => {
      for (let isLeft = true; isLeft; ) {
        const start = performance.now();
        database.exec('BEGIN IMMEDIATE');
        const found = find.get();
        if (found === undefined) isLeft = false;
        else take.run(by, Number(found.id));
        database.exec('COMMIT');
        if (isLeft) taken.push(performance.now() - start);
        await Promise.resolve();
      }
    };
  },
  /** The least that anything durable costs here: append and fdatasync, nothing read. */
  async bare() {
    const fd = openSync(`${dir}/bare`, 'a');
    return async () => {
      for (let i = 0; i < count; i++) {
        await timed(() => {
          writeSync(fd, `\n${text}\n`);
          if (durable) fdatasyncSync(fd);
        });
      }
      closeSync(fd);
    };
  },
  /** Reads its inbox as a keeper does and marks what it got; the text says when it was sent. */
  async seen() {
    const inbox = openMailbox(dir, { backend: await openStore() }).inbox('bob', { after: 0 });
    await inbox.read();
    return async () => {
      const asked = new AbortController();
      for await (const _ of inbox.changes({ signal: asked.signal })) {
        for (const message of await inbox.read()) {
          await inbox.mark('seen', [message.seq]);
          taken.push(Number(process.hrtime.bigint() - BigInt(message.text)) / 1e6);
        }
        writeFileSync(`${dir}/watching`, ''); // the watch is set up, which takes long on a busy machine
        if (taken.length >= count) asked.abort();
      }
    };
  },
  async 'send-stamped'() {
    const mailbox = openMailbox(dir, { backend: await openStore() });
    return async () => {
      // Not before the reader is there: what it finds at its first look is not its to time.
      while (!existsSync(`${dir}/watching`)) await delay(5);
      await delay(500);
      for (let i = 0; i < count; i++) {
        await mailbox.send({ from: by, to: 'bob', text: String(process.hrtime.bigint()), incarnation: 1 });
        await delay(15);
      }
    };
  },
};

const part = await parts[kind]?.();
process.stdout.write('ready\n');
while (!existsSync(`${dir}/go`)) await delay(5);
const from = Date.now();
const used = process.cpuUsage();
await part?.();
const { user, system } = process.cpuUsage(used);
const cpuMs = (user + system) / 1000;
process.stdout.write(`${JSON.stringify({ taken, failed, from, to: Date.now(), cpuMs })}\n`);
process.exit(0);
