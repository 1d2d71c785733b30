// The gate: round trip of a small request, and the way out in megabytes a second; through the wire of a VM, and beside it the same code over a
// Unix socket without one. One JSON line each.
//   node bench/gate.ts [socket]    socket: without the VM
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { build } from 'esbuild';
import { z } from 'zod';
import { createEgress } from '../src/gate/egress/egress.ts';
import { readRule } from '../src/gate/egress/rules.ts';
import { jsonRoute, serveGate } from '../src/gate/server.ts';
import { findAccelerator } from '../src/vm/accelerator.ts';
import { ensureImage } from '../src/vm/image/build.ts';
import { startMachine } from '../src/vm/machine.ts';

const BYTES = 16_000_000;
const folder = mkdtempSync(join(tmpdir(), 'cowork-bench-'));
const program = join(folder, 'agent.mjs');
await build({
  entryPoints: [join(import.meta.dirname, 'support/gate-guest.ts')],
  outfile: program,
  ...{ bundle: true, platform: 'node', target: 'node24', format: 'esm', logLevel: 'warning' },
});

const block = Buffer.alloc(BYTES);
const outside = http.createServer((request, response) => {
  request
    .resume()
    .on('end', () => response.end(request.url === '/small' || request.method === 'PUT' ? 'ok' : block));
});
outside.listen(0, '127.0.0.1');
await once(outside, 'listening');
const host = `127.0.0.1:${(outside.address() as AddressInfo).port}`; // it listens on a port

try {
  print('unix socket', await withoutMachine());
  if (process.argv[2] !== 'socket') print('vm', await withMachine());
} finally {
  outside.close();
  rmSync(folder, { recursive: true });
}

async function withoutMachine(): Promise<Figures> {
  const path = join(folder, 'gate.sock');
  const server = net.createServer().listen(path);
  await once(server, 'listening');
  const child = spawn(process.execPath, [program], {
    env: { ...process.env, COWORK_GATE: path },
    stdio: 'inherit',
  });
  const [wire] = (await once(server, 'connection')) as [net.Socket]; // the event's one argument
  const figures = await measured(wire);
  server.close();
  child.kill();
  return figures;
}

async function withMachine(): Promise<Figures> {
  const { accelerator } = await findAccelerator();
  const image = await ensureImage();
  await using machine = await startMachine({ image, agentBundle: program, accelerator, name: 'bench' });
  // A file server that refuses to serve: the guest goes on at once.
  machine.files.on('data', (frame: Buffer) => {
    const reply = Buffer.from([11, 0, 0, 0, 7, 0, 0, 5, 0, 0, 0]);
    frame.copy(reply, 5, 5, 7);
    machine.files.write(reply);
  });
  return await measured(machine.gate);
}

type Figures = Record<string, number>;

function measured(wire: Duplex): Promise<Figures> {
  return new Promise((resolve, reject) => {
    const egress = createEgress({
      rules: () => [readRule(host)],
      modelServers: [],
      resolve: async () => [],
      onEvent: () => {},
    });
    const served = serveGate(
      wire,
      {
        read: {
          '/agent/welcome': async () => ({ url: `http://${host}/`, bytes: BYTES }),
          '/agent/ping': async () => ({}),
        },
        lines: {},
        json: {
          '/agent/result': jsonRoute(z.record(z.string(), z.number()), async (figures) => resolve(figures)),
        },
        // Nobody asks a model here.
        model: { upstream: { send: () => Promise.reject(new Error('no model')) } } as never,
        egress,
      },
      () => {},
    );
    void served.then(() => reject(new Error('the guest ended before it had measured')));
  });
}

function print(wire: string, figures: Figures): void {
  const rounded = Object.entries(figures).map(([name, value]) => [name, Math.round(value * 100) / 100]);
  process.stdout.write(`${JSON.stringify({ bench: 'gate', wire, ...Object.fromEntries(rounded) })}\n`);
}
