/**
 * Figures of the file server, one JSON object a line: `{"bench","where","mode","figure","unit","served","plain","ratio"}`; `ratio` says how
 * many times faster the reference in the same run is. Run: `node bench/files.ts [FOLDER]`.
 *
 * `where` is `guest`: a machine's own folder beside its granted folders of each mode; needs dist/ and the guest image. Or it is `host`:
 * the server alone beside the plain file system; its client is a program of this process that waits for every answer.
 */
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDeletionGuard } from '../src/files/changes/deletion-guard.ts';
import { recordedPolicy } from '../src/files/changes/recorded-policy.ts';
import { createRecorder } from '../src/files/changes/recorder.ts';
import { createFileServer } from '../src/files/server.ts';
import { loadIds } from '../src/store/ids.ts';
import { coworkHome, imagesFolder } from '../src/team/paths.ts';
import { Client, O } from '../test/files/client.ts';

const FILES = 3000;
const BYTES = 256 << 20;
const BLOCK = 262_144 - 24;
/** Files that are changed once, on the host and in a machine: each waits for the disk. */
const CHANGED = 300;
const GUEST_FILES = 40;
const PROGRAM = join(import.meta.dirname, '..', 'bin', 'cowork.js');

const folder = await mkdtemp(join(process.argv[2] ?? tmpdir(), 'cowork-bench-'));
const [granted, plain] = [join(folder, 'granted'), join(folder, 'plain')];
for (const path of [granted, plain]) fs.mkdirSync(path);
const server = createFileServer({ grants: [{ name: 'g', root: granted, mode: 'rw' }] });
const listener = createServer((socket) => void server.serve(socket));
await new Promise<void>((resolve) => listener.listen(join(folder, 's'), resolve));
const socket: Socket = connect(join(folder, 's'));
const client = await Client.connect(socket);

/** Seconds that `work` takes. */
async function timed(work: () => unknown): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

function say(where: string, mode: string, figure: string, unit: string, served: number, plain: number): void {
  const rounded = (value: number) => Number(value.toPrecision(3));
  const line = { bench: 'files', where, mode, figure, unit, served: rounded(served), plain: rounded(plain) };
  console.log(JSON.stringify({ ...line, ratio: Number((plain / served).toFixed(1)) }));
}

async function report(
  figure: string,
  unit: string,
  amount: number,
  served: () => unknown,
  here: () => unknown,
) {
  const [rate, reference] = [amount / (await timed(served)), amount / (await timed(here))];
  say('host', 'rw', figure, unit, rate, reference);
}

const each = async (use: (name: string) => unknown): Promise<void> => {
  for (let i = 0; i < FILES; i++) await use(`f${i}`);
};
const data = Buffer.alloc(BLOCK, 'x');
const small = Buffer.alloc(1000, 'y');

await report(
  'create+write+close',
  'per second',
  FILES,
  () =>
    each(async (name) => {
      const fid = await client.create(`grants/g/${name}`, O.wronly | O.creat);
      await client.write(fid, 0, small);
      await client.clunk(fid);
    }),
  () => each((name) => fs.writeFileSync(join(plain, name), small)),
);
await report(
  'stat',
  'per second',
  FILES,
  () => each((name) => client.stat(`grants/g/${name}`)),
  () => each((name) => fs.statSync(join(plain, name))),
);
await report(
  'readdir',
  'entries per second',
  FILES,
  () => client.readdir('grants/g'),
  () => fs.readdirSync(plain).map((name) => fs.lstatSync(join(plain, name))),
);
await report(
  'unlink',
  'per second',
  FILES,
  () => each((name) => client.unlink(`grants/g/${name}`)),
  () => each((name) => fs.unlinkSync(join(plain, name))),
);

const fid = await client.create('grants/g/big');
const fd = fs.openSync(join(plain, 'big'), 'w+');
const blocks = async (use: (offset: number) => unknown): Promise<void> => {
  for (let offset = 0; offset < BYTES; offset += BLOCK) await use(offset);
};
await report(
  'write',
  'MB/s',
  BYTES / 1e6,
  () => blocks((offset) => client.write(fid, offset, data)),
  () => blocks((offset) => fs.writeSync(fd, data, 0, BLOCK, offset)),
);
await report(
  'read',
  'MB/s',
  BYTES / 1e6,
  () => blocks((offset) => client.read(fid, offset, BLOCK)),
  () => blocks((offset) => fs.readSync(fd, data, 0, BLOCK, offset)),
);

fs.closeSync(fd);
await firstVersions();
await server[Symbol.asyncDispose]();
listener.close();
try {
  await inGuest();
} finally {
  await rm(folder, { recursive: true });
}

/** What it costs to keep first versions, on the host: the first change of a file, with and without them. */
async function firstVersions(): Promise<void> {
  const checkpoints = join(folder, 'checkpoints');
  fs.mkdirSync(checkpoints);
  const recorder = createRecorder({ checkpoints, writer: 'bench', incarnation: 1, ids: await loadIds() });
  const guard = createDeletionGuard({ writer: 'bench', onStop: () => {} });
  const rates: number[] = [];
  for (const name of ['plain', 'kept']) {
    const root = join(folder, `first-${name}`);
    fs.mkdirSync(root);
    for (let i = 0; i < CHANGED; i++) fs.writeFileSync(join(root, `f${i}`), small);
    const own = createFileServer({
      grants: [{ name: 'g', root, mode: 'rw' }],
      ...(name === 'kept' ? { policy: (grant) => recordedPolicy(grant, recorder, guard) } : {}),
    });
    const door = createServer((stream) => void own.serve(stream));
    await new Promise<void>((resolve) => door.listen(join(folder, name[0] ?? ''), resolve));
    const at = await Client.connect(connect(join(folder, name[0] ?? '')));
    const seconds = await timed(async () => {
      for (let i = 0; i < CHANGED; i++) {
        const file = await at.open(`grants/g/f${i}`, O.wronly | O.trunc);
        await at.write(file, 0, small);
        await at.clunk(file);
      }
    });
    rates.push(CHANGED / seconds);
    await own[Symbol.asyncDispose]();
    door.close();
  }
  const [without = 1, kept = 1] = rates;
  say('host', 'rw', 'first change of a file, first versions kept', 'per second', kept, without);
}

/** The same operations in the machine's own folder (memory) and in granted folders, in one machine. */
async function inGuest(): Promise<void> {
  const program = join(folder, 'program');
  fs.cpSync(join(import.meta.dirname, 'support', 'files-guest.py'), join(program, 'files-guest.py'));
  for (const name of ['rw', 'keep', 'review', 'result'])
    fs.mkdirSync(join(folder, name, 'old'), { recursive: true });
  for (const name of ['rw', 'keep', 'review'])
    for (let i = 0; i < GUEST_FILES; i++) fs.writeFileSync(join(folder, name, 'old', `f${i}`), small);
  const env = {
    ...process.env,
    COWORK_HOME: join(folder, 'home'),
    COWORK_IMAGES: imagesFolder(coworkHome()),
  };
  const cowork = (...args: string[]): void => {
    const { status, stderr } = spawnSync(process.execPath, [PROGRAM, ...args], { env, encoding: 'utf8' });
    if (status !== 0) throw new Error(`cowork ${args.join(' ')} ended with ${status}: ${stderr}`);
  };
  const grants = ['rw', 'keep', 'review', 'result'].map(
    (name) => `${join(folder, name)}:${name === 'result' ? 'rw' : name}`,
  );
  const job = join(import.meta.dirname, 'support', 'files-job.ts');
  const flags = [...grants, `${program}:ro`].flatMap((grant) => ['--grant', grant]);
  cowork(
    'launch',
    'Measure',
    '--team',
    'bench',
    '--teammates',
    '0',
    '--rehearsal',
    job,
    '--detach',
    ...flags,
  );
  try {
    cowork('wait', '--team', 'bench', '--timeout', '400');
  } finally {
    cowork('stop', '--team', 'bench');
  }
  const all: Record<string, Record<string, number>> = JSON.parse(
    fs.readFileSync(join(folder, 'result', 'out.json'), 'utf8'),
  );
  const of = (mode: string) => all[`/grants/${mode}`] ?? {};
  const unit = (figure: string) => (figure.endsWith('MB') ? 'MB/s' : 'per second');
  for (const mode of ['rw', 'keep', 'review'])
    for (const [figure, rate] of Object.entries(of(mode)))
      say('guest', mode, figure, unit(figure), rate, all['/workspace']?.[figure] ?? 0);
  for (const mode of ['rw', 'keep', 'review'])
    say(
      'guest',
      mode,
      'first change against the next',
      'per second',
      of(mode)['change an old file'] ?? 0,
      of(mode)['change it again'] ?? 0,
    );
  for (const mode of ['keep', 'review'])
    for (const figure of ['create', 'change an old file', 'change it again'])
      say('guest', mode, `${figure}, against rw`, 'per second', of(mode)[figure] ?? 0, of('rw')[figure] ?? 0);
}
