import { closeSync, existsSync } from 'node:fs';
import type { Duplex } from 'node:stream';
import { CoworkError } from '../protocol/errors.ts';
import { errorCode } from '../store/folders.ts';
import { serveConnection } from './connection.ts';
import type { FailedGrant, FileEvent, Grant } from './grant.ts';
import { descriptorLimit, isPlainName } from './host.ts';
import { Listings } from './listings.ts';
import { LockTable } from './locks.ts';
import { type Policy, policyFor } from './policy.ts';
import { openReview } from './review/open-review.ts';
import type { Shared } from './session.ts';
import { type Entry, openRoot, Tree } from './tree.ts';

/** Descriptors that one server may hold, unless half of what the process may have is less. */
const MOST_DESCRIPTORS = 10_000;
const MEMORY = 'memory';

export interface FileServerOptions {
  grants: readonly Grant[];
  /** Folders shown below `/plugins`, to read only. */
  plugins?: readonly Grant[];
  /** Host folder shown as `/memory`, read and write. */
  memory?: string;
  /** Decides about changes in a grant; its mode does when left out. The memory folder has none but its own. */
  policy?: (grant: Grant) => Policy;
  /** Told of every change, refusal and failure; must not throw. */
  log?: (event: FileEvent) => void;
}

export interface FileServer extends AsyncDisposable {
  /** Speaks 9P2000.L on `stream` until it ends; a protocol violation ends this stream only. Never rejects. */
  serve(stream: Duplex): Promise<void>;
  /** Shows one more folder; connected guests see it at once. What cannot be opened is added to `failed`. */
  addGrant(grant: Grant): void;
  /** Grants that could not be opened; `/memory` stands for the memory folder. */
  readonly failed: readonly FailedGrant[];
}

/**
 * Serves folders of the host to one agent, as one 9P2000.L tree of `grants/NAME`, `plugins/NAME` and `memory`.
 * Throws FILES_UNSUPPORTED where the host is not Linux with /proc. Close it with `Symbol.asyncDispose`.
 */
export function createFileServer(options: FileServerOptions): FileServer {
  if (process.platform !== 'linux' || !existsSync('/proc/self/fd')) {
    throw new CoworkError('FILES_UNSUPPORTED', 'granted folders need a Linux host with /proc');
  }
  const log = options.log ?? (() => {});
  const policy = options.policy ?? policyFor;
  const tree = new Tree(Math.min(MOST_DESCRIPTORS, Math.floor(descriptorLimit() / 2)));
  const shared: Shared = { tree, locks: new LockTable(), listings: new Listings(), log };
  const grants = tree.addSynthetic('grants');
  const failed: FailedGrant[] = [];
  const served = new Map<Duplex, Promise<void>>();

  const show = (parent: Entry, grant: Grant, shownAs: string, decided = policy): void => {
    const reason = mountProblem(tree, parent, grant, decided(grant));
    if (reason === undefined) return;
    failed.push({ name: shownAs, reason });
    log({ type: 'failed', name: shownAs, reason });
  };

  for (const grant of options.grants) show(grants, grant, grant.name);
  const plugins = tree.addSynthetic('plugins');
  for (const plugin of options.plugins ?? []) show(plugins, plugin, `/plugins/${plugin.name}`, policyFor);
  if (options.memory !== undefined) {
    show(tree.root, { name: MEMORY, root: options.memory, mode: 'rw' }, `/${MEMORY}`, policyFor);
  }

  return {
    failed,
    addGrant: (grant) => show(grants, grant, grant.name),
    async serve(stream) {
      const serving = serveConnection(stream, shared);
      served.set(stream, serving);
      await serving;
      served.delete(stream);
    },
    async [Symbol.asyncDispose]() {
      for (const stream of served.keys()) stream.destroy();
      await Promise.all(served.values());
      tree.dispose();
    },
  };
}

/** Mounts a grant; when that is not possible, why. */
function mountProblem(tree: Tree, parent: Entry, grant: Grant, policy: Policy): string | undefined {
  const name = Buffer.from(grant.name, 'utf8').toString('latin1');
  if (!isPlainName(name)) return 'its name is not a plain file name';
  if (parent.children.has(name)) return 'another grant has this name';
  const opened = openRoot(grant.root);
  if ('reason' in opened) return opened.reason;
  if (grant.mode !== 'review') {
    tree.mount(parent, name, opened.fd, { grant, policy, root: opened.fd });
    return undefined;
  }
  try {
    const { mount, fd } = openReview(tree, grant, opened.fd);
    tree.mount(parent, name, fd, mount, opened.fd);
    return undefined;
  } catch (error) {
    closeSync(opened.fd);
    return `its staging folder can't be made: ${errorCode(error)}`;
  }
}
