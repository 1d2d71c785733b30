import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Backend } from './backend.ts';
import { openFileBackend } from './file-backend.ts';

const opened = new Map<string, Backend>();

/**
 * The store that a team was launched with: its own folder, or the server that `team.json` names in `store`. A server is
 * reached for when something is asked of it, and its client loaded then; all of a process share one connection.
 */
export function openBackend(teamDir: string, options: { durable?: boolean | undefined } = {}): Backend {
  const address = storeAddress(teamDir);
  if (address === null) return openFileBackend(teamDir, options);
  const known = opened.get(teamDir);
  if (known !== undefined) return known;
  const backend = openServerBackend(address.server, address.team);
  opened.set(teamDir, backend);
  return backend;
}

/** The store of a team on a server, for who has no folder of that team (yet). To be closed. */
export function openServerBackend(server: string, team: string): Backend {
  return lazily(async () => {
    const { openNatsBackend } = await import('./nats/backend.ts'); // 60 ms, and only teams on a server pay
    return openNatsBackend(server, team);
  });
}

/** Deletes all that a server keeps of a team, if one does. Throws STORE_UNREACHABLE. */
export async function removeFromServer(teamDir: string): Promise<void> {
  const address = storeAddress(teamDir);
  if (address === null) return;
  const { deleteTeam } = await import('./nats/server.ts');
  await deleteTeam(address.server, address.team);
}

/** Lets go of the connections of this process. */
export async function closeBackends(): Promise<void> {
  const all = [...opened.values()];
  opened.clear();
  await Promise.all(all.map((backend) => backend.close()));
}

/** Read without the schema of the record: what is not there yet, or has no `store`, is kept in files. */
function storeAddress(teamDir: string): { server: string; team: string } | null {
  try {
    const { store, name } = JSON.parse(readFileSync(join(teamDir, 'team.json'), 'utf8')) as Record<
      string,
      unknown
    >;
    return typeof store === 'string' && typeof name === 'string' ? { server: store, team: name } : null;
  } catch {
    return null; // whoever needs the record itself says what is wrong with it
  }
}

/** A backend that is opened by its first use. */
function lazily(open: () => Promise<Backend>): Backend {
  let opening: Promise<Backend> | undefined;
  const get = (): Promise<Backend> => {
    opening ??= open().catch((error: unknown) => {
      opening = undefined; // the next use tries again
      throw error;
    });
    return opening;
  };
  return {
    log: (name, parse, options) => {
      const log = once(async () => (await get()).log(name, parse, options));
      return {
        claim: async (record) => (await log()).claim(record),
        read: async () => (await log()).read(),
        sync: async () => (await log()).sync(),
        append: async (record) => (await log()).append(record),
        bases: async () => (await log()).bases(),
        saveBase: async (base) => (await log()).saveBase(base),
      };
    },
    cell: (name) => ({
      read: async () => (await get()).cell(name).read(),
      settle: async (value) => (await get()).cell(name).settle(value),
    }),
    inboxes: async () => (await get()).inboxes(),
    // Who watches looks again in any case, and so waits for a server that is not there yet.
    watch: async function* (prefix, options) {
      while (options.signal?.aborted !== true) {
        const backend = await get().catch(() => undefined);
        if (backend !== undefined) return yield* backend.watch(prefix, options);
        yield; // whoever looks now is told what is wrong
        await delay(options.rescanMs ?? 1000, undefined, { signal: options.signal }).catch(() => undefined);
      }
    },
    orderly: async (name, work, options) => (await get()).orderly(name, work, options),
    close: async () => {
      if (opening !== undefined) await (await opening).close();
    },
  };
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make().catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
}
