import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openMailbox } from '../src/mailbox/mailbox.ts';
import { openNatsBackend } from '../src/store/nats/backend.ts';
import { openTaskList } from '../src/tasklist/tasklist.ts';
import { hasNatsServer, startNatsServer } from '../test/store/support/nats-server.ts';
import { fillInbox, MESSAGE } from './support/fill-inbox.ts';
import { type Figures, runWorkers } from './support/run-workers.ts';

// Prints one JSON line per figure: what a send and a claim cost here, next to what others do, all in one run, then the
// ratios that are promised. Times are milliseconds; run it on a quiet machine and read the ratios. About four minutes.

const figures = new Map<string, Figures>();
const print = (line: object) => process.stdout.write(`${JSON.stringify({ bench: 'store', ...line })}\n`);
const keep = (name: string, fields: object, found: Figures) => {
  figures.set([name, ...Object.values(fields)].join(' '), found);
  print({ name, ...fields, ...found });
};
/** First look of a process at the last 50 of 100,000 messages, in milliseconds. */
let lastFifty = 0;
const durably = (durable: boolean) => (durable ? 'durable' : 'not durable');

/** Sends of each writer: enough for a p95 of its own, few enough for the slow ones. */
const SENDS = 60;

for (const existing of [10, 1000, 100_000]) {
  for (const writers of [1, 16]) {
    const load = { writers, existing };
    for (const durable of [true, false]) {
      await inFolder(async (dir) => {
        await fillInbox(dir, existing);
        keep(
          `ours, ${durably(durable)}`,
          load,
          await runWorkers({ kind: 'send', dir, writers, count: SENDS, durable }),
        );
      });
      await inFolder(async (dir) => {
        const database = new DatabaseSync(join(dir, 'store.db'));
        database.exec(
          'PRAGMA journal_mode=WAL; CREATE TABLE messages (id INTEGER PRIMARY KEY, sender, text); BEGIN',
        );
        const insert = database.prepare('INSERT INTO messages (sender, text) VALUES (?, ?)');
        for (let i = 0; i < existing; i++) insert.run('ann', MESSAGE);
        database.exec('COMMIT');
        database.close();
        keep(
          `SQLite, ${durably(durable)}`,
          load,
          await runWorkers({ kind: 'sqlite', dir, writers, count: SENDS, durable }),
        );
      });
    }
    if (existing !== 1000) continue; // minutes, for the array; and the others do not get slower
    await inFolder(async (dir) => {
      const message = { from: 'ann', text: MESSAGE, read: true };
      writeFileSync(join(dir, 'inbox.json'), JSON.stringify(Array(existing).fill(message)));
      keep(
        'array under proper-lockfile',
        load,
        await runWorkers({ kind: 'array', dir, writers, count: 30, durable: false }),
      );
    });
    for (const durable of [true, false]) {
      await inFolder(async (dir) => {
        mkdirSync(join(dir, 'new'));
        for (let i = 0; i < existing; i++) writeFileSync(join(dir, 'new', `${i}`), MESSAGE);
        keep(
          `file per message, ${durably(durable)}`,
          load,
          await runWorkers({ kind: 'file', dir, writers, count: SENDS, durable }),
        );
      });
    }
    if (hasNatsServer) {
      await onServer(async (dir, server) => {
        const backend = await openNatsBackend(server, 'bench');
        const mailbox = openMailbox(dir, { backend });
        const all = Array.from({ length: existing }, () =>
          mailbox.send({ from: 'ann', to: 'bob', text: MESSAGE, incarnation: 1 }),
        );
        await Promise.all(all);
        await backend.close();
        keep(
          'NATS',
          load,
          await runWorkers({ kind: 'send', dir, writers, count: SENDS, durable: true, server }),
        );
      });
    }
  }
}

const TASKS = 5000;
const CLAIMERS = 8;
for (const durable of [true, false]) {
  const load = { writers: CLAIMERS, tasks: TASKS };
  await inFolder(async (dir) => {
    const count = TASKS / CLAIMERS;
    keep(
      `bare append, ${durably(durable)}`,
      load,
      await runWorkers({ kind: 'bare', dir, writers: CLAIMERS, count, durable }),
    );
  });
  await inFolder(async (dir) => {
    const tasks = openTaskList(dir, { durable: false });
    for (let i = 0; i < TASKS; i++) await tasks.create({ by: 'lead', incarnation: 1, subject: `task ${i}` });
    keep(
      `claims, ours, ${durably(durable)}`,
      load,
      await runWorkers({ kind: 'claim', dir, writers: CLAIMERS, count: 0, durable }),
    );
  });
  await inFolder(async (dir) => {
    const database = new DatabaseSync(join(dir, 'store.db'));
    database.exec(
      'PRAGMA journal_mode=WAL; CREATE TABLE tasks (id INTEGER PRIMARY KEY, subject, state, owner)',
    );
    database.exec('CREATE INDEX open ON tasks (state, id); BEGIN');
    const insert = database.prepare("INSERT INTO tasks (subject, state) VALUES (?, 'pending')");
    for (let i = 0; i < TASKS; i++) insert.run(`task ${i}`);
    database.exec('COMMIT');
    database.close();
    keep(
      `claims, SQLite, ${durably(durable)}`,
      load,
      await runWorkers({ kind: 'sqlite-claim', dir, writers: CLAIMERS, count: 0, durable }),
    );
  });
}
if (hasNatsServer) {
  await onServer(async (dir, server) => {
    const backend = await openNatsBackend(server, 'bench');
    const tasks = openTaskList(dir, { backend });
    for (let i = 0; i < 500; i++) await tasks.create({ by: 'lead', incarnation: 1, subject: `task ${i}` });
    await backend.close();
    keep(
      'claims, NATS',
      { writers: CLAIMERS, tasks: 500 },
      await runWorkers({ kind: 'claim', dir, writers: CLAIMERS, count: 0, durable: true, server }),
    );
  });
}

for (const existing of [10, 100_000]) {
  await inFolder(async (dir) => {
    await fillInbox(dir, existing);
    const count = 100;
    const [sent, seen] = ['send-stamped', 'seen'].map((kind) => ({
      kind,
      dir,
      writers: 1,
      count,
      durable: true,
    }));
    const [, found] = await Promise.all([runWorkers(sent as never), runWorkers(seen as never)]);
    keep('send to seen', { existing }, found as Figures);
  });
  await inFolder(async (dir) => {
    await fillInbox(dir, existing);
    const taken: number[] = [];
    for (let i = 0; i < 9; i++) {
      const start = performance.now();
      await openMailbox(dir).log({ agent: 'bob', last: 50 });
      taken.push(performance.now() - start);
    }
    lastFifty = taken[0] ?? 0;
    print({
      name: 'the last 50 of an inbox',
      existing,
      first: taken[0],
      p50: taken.sort((a, b) => a - b)[4],
    });
    const start = performance.now();
    await openMailbox(dir).log();
    print({ name: 'all of an inbox', existing, ms: performance.now() - start });
  });
}

const of = (name: string): Figures => {
  const found = figures.get(name);
  if (found === undefined) throw new Error(`no figures of ${name}`);
  return found;
};

/** One line for each target: what was measured, what is wanted, whether it is met. */
const compare = (what: string, value: number, relation: '≥' | '≤', target: number) => {
  const isMet = relation === '≥' ? value >= target : value <= target;
  print({ target: what, value: Math.round(value * 100) / 100, wanted: `${relation} ${target}`, met: isMet });
};

for (const kind of ['durable', 'not durable']) {
  const p95 = (existing: number) => of(`ours, ${kind} 16 ${existing}`).p95;
  const array = of('array under proper-lockfile 16 1000').p95;
  compare(
    `p95 of a send, 16 writers, 1,000 there: array under lock over ours, ${kind}`,
    array / p95(1000),
    '≥',
    50,
  );
  compare(`p95 of a send, 16 writers, ${kind}: 100,000 there over 10`, p95(100_000) / p95(10), '≤', 1.5);
}
const claims = (contender: string, kind: string) => of(`claims, ${contender}, ${kind} ${CLAIMERS} ${TASKS}`);
const bare = of(`bare append, durable ${CLAIMERS} ${TASKS}`);
const durable = claims('ours', 'durable');
const loose = claims('ours', 'not durable');
compare(
  'claims a second, not durable: ours over SQLite',
  loose.perSecond / claims('SQLite', 'not durable').perSecond,
  '≥',
  1,
);
compare('claims of one process, not durable: most over fewest', loose.most / loose.fewest, '≤', 2);
compare(
  'time of a durable claim over bare append and fdatasync',
  bare.perSecond / durable.perSecond,
  '≤',
  1.3,
);
compare(
  'processor time of a durable claim over bare append and fdatasync',
  durable.cpuMs / bare.cpuMs,
  '≤',
  1.3,
);
compare('send to seen, p50 in ms', of('send to seen 10').p50, '≤', 5);
compare('send to seen, p95 in ms', of('send to seen 10').p95, '≤', 20);
compare('send to seen with 100,000 there, p50 in ms', of('send to seen 100000').p50, '≤', 5);
compare('send to seen with 100,000 there, p95 in ms', of('send to seen 100000').p95, '≤', 20);
compare('the last 50 of an inbox of 100,000, in ms', lastFifty, '≤', 20);

async function onServer(work: (dir: string, server: string) => Promise<void>): Promise<void> {
  const server = await startNatsServer();
  try {
    await inFolder((dir) => work(dir, server.address));
  } finally {
    await server.stop();
  }
}

async function inFolder(work: (dir: string) => Promise<void>): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'cowork-bench-'));
  try {
    await work(dir);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
