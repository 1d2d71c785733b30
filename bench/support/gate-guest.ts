import { execFile } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import process from 'node:process';
import { promisify } from 'node:util';
import { GateClient } from '../../src/agent/gate-client.ts';
import { serveProxy } from '../../src/agent/proxy.ts';

// The guest's end of the gate bench, with the agent's own client and proxy: asks, fetches and sends, and says how long it took.
const run = promisify(execFile);
const PINGS = 200;

const gate = await GateClient.connect(process.env.COWORK_GATE ?? '');
const server = serveProxy(() => gate.connection(), 0);
await once(server, 'listening');
const proxy = `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // it listens on a port
const { url, bytes } = await gate.call<{ url: string; bytes: number }>('GET', '/agent/welcome');

const pings: number[] = [];
for (let i = 0; i < PINGS + 20; i++) {
  const start = performance.now();
  await gate.call('GET', '/agent/ping');
  if (i >= 20) pings.push(performance.now() - start); // the first ones compile
}
const sorted = pings.toSorted((a, b) => a - b);
const result = {
  roundTripMs: sorted[PINGS / 2],
  roundTripP95Ms: sorted[Math.floor(PINGS * 0.95)],
  downMBs: await rate(url, '-o', '/dev/null'),
  upMBs: await rate(url, '-o', '/dev/null', '-T', await zeros()),
  requestMs: await requests(),
};
await gate.call('POST', '/agent/result', result);
process.exit(0);

async function rate(...args: string[]): Promise<number> {
  const started = performance.now();
  await run('curl', ['-sS', '--fail', '--noproxy', '', '-x', proxy, ...args]);
  return bytes / 1e6 / ((performance.now() - started) / 1000);
}

/** A file to send; a program's standard input would come in small pieces. */
async function zeros(): Promise<string> {
  const file = `/tmp/cowork-bench-${process.pid}`;
  await run('truncate', ['-s', String(bytes), file]);
  return file;
}

/** Time of one small request, of ten that one program makes over one connection to the proxy. */
async function requests(): Promise<number> {
  const urls = Array.from({ length: 10 }, () => `${url}small`);
  const { stdout } = await run('curl', [
    ...['-sS', '--fail', '--noproxy', '', '-x', proxy, '-w', '%{stderr}%{time_total}\n%{stdout}', ...urls],
  ]).then(({ stderr }) => ({ stdout: stderr }));
  const times = stdout.trim().split('\n').map(Number);
  return 1000 * (times.toSorted((a, b) => a - b)[5] ?? 0);
}
