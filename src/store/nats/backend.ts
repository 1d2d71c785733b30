import type { NatsConnection } from '@nats-io/transport-node';
import type { Backend } from '../backend.ts';
import { createSerial } from '../serial.ts';
import { createBell, type WatchOptions } from '../watch.ts';
import { openNatsLog } from './log.ts';
import { asStoreError, openServer, type Server, subjectOf } from './server.ts';

/**
 * The store of a team whose agents are on several hosts: one JetStream stream, whose sequence is the order for all, and one
 * key-value bucket. The server's acknowledgement is what `sync` is with files.
 */
export async function openNatsBackend(address: string, team: string): Promise<Backend> {
  const server = await openServer(address, team);
  const turns = new Map<string, ReturnType<typeof createSerial>>();
  return {
    log: (name, parse) => openNatsLog(server, name, parse),
    cell: (name) => ({
      read: () => asStoreError(async () => (await server.bucket.get(name))?.string()),
      settle: (value) => asStoreError(async () => void (await server.bucket.put(name, value))),
    }),
    inboxes: () => asStoreError(() => inboxes(server)),
    watch: (prefix, options) => watch(server.connection, `${subjectOf(server, prefix)}.>`, options),
    // Only this process stands in line. Others are kept out by the order: who decided on an old list is refused, and asks again.
    orderly: async (name, work) => {
      const turn = turns.get(name) ?? createSerial();
      turns.set(name, turn);
      return turn(() => work(() => true));
    },
    close: () => server.connection.close(),
  };
}

async function inboxes(server: Server): Promise<string[]> {
  const subjects_filter = subjectOf(server, 'mailbox/*/inbox');
  const { state } = await server.manager.streams.info(server.stream, { subjects_filter });
  const place = server.prefix.split('.').length + 1;
  return Object.keys(state.subjects ?? {})
    .map((subject) => subject.split('.')[place] ?? '')
    .sort();
}

async function* watch(
  connection: NatsConnection,
  subject: string,
  { signal, rescanMs = 1000 }: WatchOptions,
): AsyncGenerator<void, void> {
  const bell = createBell();
  signal?.addEventListener('abort', bell.ring);
  const subscription = connection.subscribe(subject, { callback: bell.ring });
  try {
    while (!signal?.aborted) {
      yield;
      if (signal?.aborted) return;
      await bell.wait(rescanMs);
    }
  } finally {
    signal?.removeEventListener('abort', bell.ring);
    subscription.unsubscribe();
  }
}
