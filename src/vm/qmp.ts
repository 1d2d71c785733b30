import type net from 'node:net';
import { z } from 'zod';

/** The control connection of a QEMU process. Protocol: QEMU, docs/interop/qmp-spec. */
export interface Qmp {
  /** Runs one command and returns its `return`; fails with QEMU's own words, after `deadlineMs`, or when QEMU ends. */
  execute(command: string, args?: Record<string, unknown>, deadlineMs?: number): Promise<unknown>;
}

/** Largest reply, characters; those that we ask for have some hundreds. */
const REPLY_MAX = 1024 * 1024;

const replyShape = z.object({
  id: z.number().optional(),
  return: z.unknown().optional(),
  error: z.object({ desc: z.string() }).optional(),
});

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** Speaks QMP over a connected socket. Replies are matched by id: events and late replies come in between. */
export async function connectQmp(socket: net.Socket): Promise<Qmp> {
  const waiting = new Map<number, Waiting>();
  let rest = '';
  let nextId = 1;
  socket.setEncoding('utf8');
  socket.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    // A QEMU that was taken over can say anything; what is no reply ends the connection, not the keeper.
    const isSane = rest.length <= REPLY_MAX && lines.every((line) => settle(line, waiting));
    if (!isSane) socket.destroy();
  });
  socket.once('close', () => {
    for (const { reject } of waiting.values()) reject(new Error('QEMU ended'));
    waiting.clear();
  });
  socket.resume();

  const execute: Qmp['execute'] = (command, args = {}, deadlineMs = 5_000) => {
    const id = nextId++;
    return new Promise((resolve, reject) => {
      if (socket.destroyed) return reject(new Error('QEMU ended'));
      const timer = setTimeout(() => {
        waiting.delete(id);
        reject(new Error(`QEMU did not answer ${command} in ${deadlineMs} ms`));
      }, deadlineMs);
      const done = (settle: () => void) => {
        clearTimeout(timer);
        settle();
      };
      waiting.set(id, {
        resolve: (value) => done(() => resolve(value)),
        reject: (error) => done(() => reject(error)),
      });
      socket.write(`${JSON.stringify({ execute: command, arguments: args, id })}\n`);
    });
  };
  await execute('qmp_capabilities', {}, 10_000);
  return { execute };
}

/** False when the line is nothing that QMP allows. */
function settle(line: string, waiting: Map<number, Waiting>): boolean {
  let reply: z.infer<typeof replyShape>;
  try {
    reply = replyShape.parse(JSON.parse(line));
  } catch {
    return false;
  }
  if (reply.id === undefined) return true; // the greeting, or an event
  const asker = waiting.get(reply.id);
  waiting.delete(reply.id);
  if (reply.error) asker?.reject(new Error(reply.error.desc));
  else asker?.resolve(reply.return);
  return true;
}
