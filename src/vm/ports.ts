import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Longest path of a Unix socket on Linux, bytes (`sun_path` less its NUL). */
const LONGEST_PATH = 107;

/** The serial ports between a VM and its keeper; QEMU connects to each as a client. */
export const PORTS = ['gate', 'files', 'status', 'kernel', 'qmp'] as const;
export type PortName = (typeof PORTS)[number];

/** A folder of listening sockets, each of which takes exactly one connection and is gone from the disk after it. */
export interface Ports extends AsyncDisposable {
  directory: string;
  path(name: PortName): string;
  /** Resolves once QEMU is connected to all; nothing is read from the sockets until somebody listens, and errors have a listener. */
  connected: Promise<Record<PortName, net.Socket>>;
}

/** Opens the sockets in a new folder (0700) below `base`, or below the system's temporary folder when that is too deep for a socket's path. */
export async function openPorts(base: string = tmpdir()): Promise<Ports> {
  const longest = Buffer.byteLength(join(base, 'vm-XXXXXX', 'status'));
  const directory = mkdtempSync(join(longest <= LONGEST_PATH ? base : tmpdir(), 'vm-'));
  const path = (name: PortName) => join(directory, name);
  const servers: net.Server[] = [];
  const accepted = PORTS.map(async (name): Promise<[PortName, net.Socket]> => {
    const server = net.createServer();
    servers.push(server);
    server.listen(path(name));
    await once(server, 'listening');
    const [socket] = (await once(server, 'connection')) as [net.Socket]; // the event's one argument
    server.close();
    // A VM that dies resets its sockets; its end is told by the process, once.
    socket.on('error', () => {});
    return [name, socket];
  });
  const connected = Promise.all(accepted).then(
    (pairs) => Object.fromEntries(pairs) as Record<PortName, net.Socket>, // one pair for each of PORTS
  );
  connected.catch(() => {});
  await Promise.all(servers.map((server) => server.listening || once(server, 'listening')));
  return {
    directory,
    path,
    connected,
    async [Symbol.asyncDispose]() {
      for (const server of servers) server.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
