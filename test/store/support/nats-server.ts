import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect as connectSocket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually } from '../../support/eventually.ts';

/** Where the set-up unpacks Debian's server. */
export const NATS_FOLDER = fileURLToPath(
  new URL('../../../node_modules/.cache/nats-server/usr/sbin', import.meta.url),
);
/** There, or on the PATH. */
const PROGRAM = [join(NATS_FOLDER, 'nats-server'), 'nats-server'].find((program) => {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false; // not installed
  }
});

export const hasNatsServer = PROGRAM !== undefined;

export interface NatsServer {
  address: string;
  port: number;
  stop(): Promise<void>;
  kill(signal: NodeJS.Signals): void;
}

/** Starts a server on loopback, on a port of its own, with everything that it keeps in a temporary folder. */
export async function startNatsServer(): Promise<NatsServer> {
  const folder = mkdtempSync(join(tmpdir(), 'cowork-nats-'));
  const args = [
    '-a',
    '127.0.0.1',
    '-p',
    '-1',
    '-js',
    '-sd',
    folder,
    '--ports_file_dir',
    folder,
    '-l',
    join(folder, 'log'),
  ];
  const child = spawn(PROGRAM ?? '', args, { stdio: 'ignore' });
  const ended = once(child, 'close');
  const address = await eventually(
    'the ports of the server',
    () => addressIn(join(folder, `nats-server_${child.pid}.ports`)),
    20_000,
  );
  const port = Number(new URL(address).port);
  await eventually('the server to listen', () => canConnect(port), 20_000);
  return {
    address,
    port,
    kill: (signal) => child.kill(signal),
    stop: async () => {
      child.kill('SIGKILL');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function addressIn(file: string): string | undefined {
  try {
    const { nats } = JSON.parse(readFileSync(file, 'utf8')) as { nats?: string[] };
    return nats?.[0];
  } catch {
    return undefined; // not written yet
  }
}

function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connectSocket(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
