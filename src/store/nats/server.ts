import { setTimeout as delay } from 'node:timers/promises';
import {
  JetStreamApiError,
  type JetStreamClient,
  type JetStreamManager,
  jetstream,
  jetstreamManager,
} from '@nats-io/jetstream';
import { type KV, Kvm } from '@nats-io/kv';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { CoworkError } from '../../protocol/errors.ts';

/** A team's place on a NATS server. */
export interface Server {
  connection: NatsConnection;
  client: JetStreamClient;
  manager: JetStreamManager;
  bucket: KV;
  stream: string;
  /** What all subjects of the team begin with. */
  prefix: string;
}

/** Longest wait for one answer of the server, in milliseconds. */
const ANSWER_MS = 5000;

/**
 * Connects to the server at `address` (`nats://HOST[:PORT]`, or `tls://`) and makes the team's stream and bucket if they are
 * missing. `COWORK_STORE_TOKEN` in the environment is the token to show. Throws STORE_UNREACHABLE.
 */
export async function openServer(address: string, team: string): Promise<Server> {
  const { protocol, host } = new URL(address);
  const token = process.env.COWORK_STORE_TOKEN;
  return asStoreError(async () => {
    const connection = await connect({
      ...{ servers: host, name: `cowork ${team}`, timeout: ANSWER_MS, maxReconnectAttempts: -1 },
      ...{ reconnectTimeWait: 250, reconnectJitter: 250 },
      ...(token === undefined ? {} : { token }),
      ...(protocol === 'tls:' ? { tls: {} } : {}),
    });
    try {
      const manager = await jetstreamManager(connection, { timeout: ANSWER_MS });
      const stream = `cowork-${team}`;
      const prefix = `cowork.${team}`;
      await ensureStream(manager, stream, prefix);
      const kvm = new Kvm(jetstream(connection, { timeout: ANSWER_MS }));
      const bucket = await insist(() => kvm.create(stream, { history: 1 }));
      return {
        connection,
        client: jetstream(connection, { timeout: ANSWER_MS }),
        manager,
        bucket,
        stream,
        prefix,
      };
    } catch (error) {
      await connection.close();
      throw error;
    }
  }, address);
}

/** Deletes all that the server keeps of a team; nothing when it keeps nothing. Throws STORE_UNREACHABLE. */
export async function deleteTeam(address: string, team: string): Promise<void> {
  const { connection, manager, stream } = await openServer(address, team);
  try {
    await asStoreError(async () => {
      await manager.streams.delete(stream);
      await manager.streams.delete(`KV_${stream}`);
    }, address);
  } finally {
    await connection.close();
  }
}

const NO_STREAM = 10_059;

/** Tries a few times while the server refuses: whoever makes the same thing at the same moment may be refused with several words. */
async function insist<T>(make: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await make();
    } catch (error) {
      if (!(error instanceof JetStreamApiError) || tries === MAKE_TRIES) throw error;
      await delay(MAKE_PAUSE_MS);
    }
  }
}

const MAKE_TRIES = 5;
const MAKE_PAUSE_MS = 100;

async function ensureStream(manager: JetStreamManager, name: string, prefix: string): Promise<void> {
  try {
    await manager.streams.info(name);
  } catch (error) {
    if (!(error instanceof JetStreamApiError) || error.code !== NO_STREAM) throw error;
    // Nothing of it is ever dropped: no limit of age or number, and nobody may delete a message.
    const config = { name, subjects: [`${prefix}.>`], allow_direct: true, deny_delete: true };
    await insist(() => manager.streams.add(config));
  }
}

/** The subject of a name, such as `cowork.TEAM.mailbox.bob.inbox`. */
export function subjectOf({ prefix }: Server, name: string): string {
  return `${prefix}.${name.replace(/\.jsonl$/, '').replaceAll('/', '.')}`;
}

/** Names what went wrong: the server said no, or nobody knows. */
export async function asStoreError<T>(act: () => Promise<T>, address = 'the server'): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof CoworkError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    if (error instanceof JetStreamApiError) {
      throw new CoworkError('JOURNAL_NOT_WRITTEN', `The server refused: ${why}.`, { cause: error });
    }
    throw new CoworkError('STORE_UNREACHABLE', `No answer from ${address}: ${why}.`, { cause: error });
  }
}
