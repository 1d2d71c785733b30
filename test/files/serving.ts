import { mkdir } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import type { FileEvent, Grant } from '../../src/files/grant.ts';
import type { Policy } from '../../src/files/policy.ts';
import { createFileServer, type FileServer } from '../../src/files/server.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { Client } from './client.ts';

export interface Serving {
  folder: string;
  /** Host path of grant `work` (rw), of `other` (rw) and of `look` (ro), the memory folder, and a folder that is not granted. */
  work: string;
  other: string;
  look: string;
  memory: string;
  outside: string;
  server: FileServer;
  events: FileEvent[];
  client: Client;
  /** One more connection to the same server, and the promise of its `serve`. */
  dial(): Promise<{ socket: Socket; served: Promise<void> }>;
}

/** A file server over real folders and a real Unix socket, with a client; all gone when the test ends. */
export async function serving(
  more: readonly Grant[] = [],
  policy?: (grant: Grant) => Policy,
): Promise<Serving> {
  const folder = await temporaryFolder();
  const [work, other, look, memory, outside] = ['work', 'other', 'look', 'memory', 'outside'].map((name) =>
    join(folder, name),
  ) as [string, string, string, string, string]; // five names, five paths
  for (const path of [work, other, look, memory, outside]) await mkdir(path);
  const events: FileEvent[] = [];
  const server = createFileServer({
    grants: [
      { name: 'work', root: work, mode: 'rw' },
      { name: 'other', root: other, mode: 'rw' },
      { name: 'look', root: look, mode: 'ro' },
      ...more,
    ],
    memory,
    ...(policy ? { policy } : {}),
    log: (event) => events.push(event),
  });
  const path = join(folder, 's');
  const accepted: ((socket: Socket) => void)[] = [];
  const listener = createServer((socket) => accepted.shift()?.(socket));
  await new Promise<void>((resolve) => listener.listen(path, resolve));
  const dial = async () => {
    const arrival = new Promise<Socket>((resolve) => accepted.push(resolve));
    const socket = connect(path);
    const served = server.serve(await arrival);
    return { socket, served };
  };
  onTestFinished(async () => {
    await server[Symbol.asyncDispose]();
    await new Promise((resolve) => listener.close(resolve));
  });
  const client = await Client.connect((await dial()).socket);
  return { folder, work, other, look, memory, outside, server, events, client, dial };
}

/** Expects a promise to be refused with a Linux error number. */
export const refused = (errno: number) => expect.objectContaining({ errno });
