import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { FILE_MODE } from '../store/folders.ts';
import { STATE_FD } from './qemu-arguments.ts';
import type { Qmp } from './qmp.ts';

/** Longest time that QEMU may take to write or to read a state, milliseconds; it takes 20 to 70 on a free machine. */
const LIMIT_MS = 20_000;

const statusShape = z.object({ status: z.string() });
const migrationShape = z.object({ status: z.string().optional(), 'error-desc': z.string().optional() });

/** A socket that QEMU writes a state to: its filter lets it start no program to write through, and it can make no file. */
export interface SavePort {
  path: string;
  connection: Promise<net.Socket>;
  close(): void;
}

/** Opens it in the folder of the machine's other sockets, before QEMU is started. */
export async function openSavePort(directory: string): Promise<SavePort> {
  const server = net.createServer();
  const path = join(directory, 'save');
  server.listen(path);
  await once(server, 'listening');
  const connection = once(server, 'connection').then(([socket]: net.Socket[]) => socket as net.Socket);
  return { path, connection, close: () => void server.close() };
}

/**
 * Stops a machine and writes the state of its devices to `file`; its memory is in a file already and is left out. The machine can only be ended then.
 * `pathInside` is where QEMU finds the port. Protocol: QEMU, docs/devel/migration; the capability x-ignore-shared.
 */
export async function saveState(qmp: Qmp, port: SavePort, pathInside: string, file: string): Promise<void> {
  const written = port.connection.then((socket) =>
    pipeline(socket, createWriteStream(file, { mode: FILE_MODE })),
  );
  written.catch(() => {}); // told at the end, unless something else fails first
  await ignoreSharedMemory(qmp);
  await qmp.execute('stop');
  await qmp.execute('migrate', { uri: `unix:${pathInside}` });
  const saved = until('the state to be saved', async () => {
    const { status, ...rest } = migrationShape.parse(await qmp.execute('query-migrate'));
    if (status === 'failed') throw new Error(rest['error-desc'] ?? 'QEMU could not save the state');
    return status === 'completed';
  });
  await Promise.all([written, saved]);
}

/** Reads the state that QEMU was given as `STATE_FD`; the machine stands still afterwards, as it was saved. */
export async function loadState(qmp: Qmp): Promise<void> {
  await ignoreSharedMemory(qmp);
  await qmp.execute('migrate-incoming', { uri: `fd:${STATE_FD}` });
  await until('the state to be loaded', async () => {
    return statusShape.parse(await qmp.execute('query-status')).status !== 'inmigrate';
  });
}

function ignoreSharedMemory(qmp: Qmp): Promise<unknown> {
  return qmp.execute('migrate-set-capabilities', {
    capabilities: [{ capability: 'x-ignore-shared', state: true }],
  });
}

async function until(what: string, isDone: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + LIMIT_MS;
  while (!(await isDone())) {
    if (performance.now() > deadline) throw new Error(`waited ${LIMIT_MS / 1000} s for ${what}`);
    await delay(2);
  }
}
