/**
 * Figures of the file server beside the plain file system in the same run: one JSON object a line,
 * `{"bench","figure","unit","served","plain","ratio"}`. Run: `node bench/files.ts [FOLDER]`.
 * The client is a single program in the same process that waits for every answer, as a guest's system call does.
 */
import * as fs from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFileServer } from '../src/files/server.ts';
import { Client, O } from '../test/files/client.ts';

const FILES = 3000;
const BYTES = 256 << 20;
const BLOCK = 262_144 - 24;

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

async function report(
  figure: string,
  unit: string,
  amount: number,
  served: () => unknown,
  here: () => unknown,
) {
  const [rate, reference] = [amount / (await timed(served)), amount / (await timed(here))];
  const ratio = Number((reference / rate).toFixed(1));
  console.log(
    JSON.stringify({
      bench: 'files',
      figure,
      unit,
      served: Math.round(rate),
      plain: Math.round(reference),
      ratio,
    }),
  );
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
await server[Symbol.asyncDispose]();
listener.close();
await rm(folder, { recursive: true });
