import { spawn } from 'node:child_process';
import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { packageRoot } from '../store/package-root.ts';
import { endGroup, GIT_RUNNER, gitEnvironment, gitWords } from './run-git.ts';

/** What an agent's git may reach. */
export interface RepositoryDoor {
  /** The team's repository of this name; undefined when the agent has none. */
  hubOf(name: string): string | undefined;
  /** The branch that the agent may move; null when it may read only. */
  branch: string | null;
  /** Whether this is a machine that checks: it may have what is to be checked, by its name. */
  isCheck?: boolean;
  /** Most bytes of one push; default 256 MiB. */
  pushMax?: number;
}

/** Longest first line, in bytes; most connections of one agent at a time; most bytes of one push, and of all that was ever pushed. */
const LINE_MAX = 1_024;
const AT_ONCE = 4;
const PUSH_MAX = 256 * 1024 ** 2;
const HUB_MAX = 8 * 1024 ** 3;
/** Longest time that the first line, and a whole exchange, may take, in milliseconds. */
const LINE_MS = 30_000;
const EXCHANGE_MS = 30 * 60_000;

/**
 * How a push is taken, whatever is in it. Every object is looked at as fsck does, and what is only a warning there and would lead git
 * astray in a work tree is an error here; a push stays one file; nothing is deleted. Source: git-config(1), git-fsck(1).
 */
const RECEIVE = [
  `core.hooksPath=${join(packageRoot(), 'src/git/hooks')}`,
  'receive.fsckObjects=true',
  ...['hasDot', 'hasDotdot', 'hasDotgit', 'fullPathname', 'emptyName', 'nullSha1'].map(
    (problem) => `receive.fsck.${problem}=error`,
  ),
  'receive.unpackLimit=1',
  'receive.denyDeletes=true',
  'receive.denyNonFastForwards=false', // its own branch is the agent's to rewrite
  'receive.autogc=false',
  'receive.advertisePushOptions=false',
  'core.bigFileThreshold=16m',
];

/** What else is not handed out to agents: refs that are no branches or tags. */
const UPLOAD = ['uploadpack.hideRefs=refs/cowork', 'uploadpack.allowFilter=false'];

/**
 * Serves the git of one agent as sshd would. `doorNow` is asked at each connection; several may be open, of which one at a time pushes.
 */
export function serveRepositories(doorNow: () => RepositoryDoor): (stream: Duplex) => Promise<void> {
  let open = 0;
  let pushing: Promise<void> = Promise.resolve();
  const serveOne = async (stream: Duplex): Promise<void> => {
    const line = await firstLine(stream);
    const [, service, name = ''] = /^git-(upload|receive)-pack '([\w.-]+)'$/.exec(line ?? '') ?? [];
    const door = doorNow();
    const hub = name === '' ? undefined : door.hubOf(name);
    if (hub === undefined) return refuse(stream, 'there is no such repository');
    if (service === 'upload') return hand(stream, hub, door.isCheck === true);
    const { branch, pushMax = PUSH_MAX } = door;
    if (branch === null) return refuse(stream, 'you may read here, not push');
    pushing = pushing.then(() => take(stream, hub, { branch, pushMax }));
    return pushing;
  };
  return async (stream) => {
    stream.on('error', () => {}); // its end is told by 'close'
    if (open >= AT_ONCE) return refuse(stream, 'too many git connections at once');
    open++;
    try {
      await serveOne(stream);
    } finally {
      open--;
    }
  };
}

/** Hands out objects. */
function hand(stream: Duplex, hub: string, isCheck: boolean): Promise<void> {
  const settings = [...UPLOAD, `uploadpack.allowTipSHA1InWant=${isCheck}`];
  return exchange(stream, gitWords(['upload-pack', '--strict', hub], settings), {});
}

/** Takes a push of the agent whose branch this is. */
async function take(
  stream: Duplex,
  hub: string,
  { branch, pushMax }: { branch: string; pushMax: number },
): Promise<void> {
  if (stream.destroyed) return;
  if (sizeOfPacks(hub) > HUB_MAX) return refuse(stream, 'what was pushed here is more than can be kept');
  // Nobody else moves the branch: what holds its lock now was killed.
  rmSync(join(hub, 'refs/heads', `${branch}.lock`), { force: true });
  const settings = [...RECEIVE, `receive.maxInputSize=${pushMax}`];
  await exchange(stream, gitWords(['receive-pack', hub], settings), { COWORK_BRANCH: branch });
}

/** Joins the stream with a git command until that has ended. */
async function exchange(
  stream: Duplex,
  words: readonly string[],
  env: Record<string, string>,
): Promise<void> {
  const child = spawn(GIT_RUNNER, words, {
    env: gitEnvironment(env),
    stdio: ['pipe', 'pipe', 'ignore'],
    detached: true,
  });
  const timer = setTimeout(() => endGroup(child), EXCHANGE_MS);
  stream.once('close', () => endGroup(child)); // whoever asked is gone
  const ended = new Promise<void>((resolve) => {
    child.once('error', () => resolve());
    child.once('close', () => resolve());
  });
  child.stdin.on('error', () => {}); // it need not read all
  stream.pipe(child.stdin);
  // What goes wrong on the way is seen by the git at the other end.
  await pipeline(child.stdout, stream).catch(() => {});
  await ended;
  clearTimeout(timer);
}

/** The line that says what is wanted; undefined when none comes. */
async function firstLine(stream: Duplex): Promise<string | undefined> {
  let seen = Buffer.alloc(0);
  const deadline = performance.now() + LINE_MS;
  for (;;) {
    const chunk: Buffer | null = stream.read();
    if (chunk !== null) {
      seen = Buffer.concat([seen, chunk]);
      const at = seen.indexOf('\n');
      if (at >= 0) {
        stream.unshift(seen.subarray(at + 1));
        return seen.subarray(0, at).toString('latin1');
      }
      if (seen.length > LINE_MAX) return undefined;
      continue;
    }
    const left = deadline - performance.now();
    if (stream.destroyed || stream.readableEnded || left <= 0) return undefined;
    await readableWithin(stream, left);
  }
}

function readableWithin(stream: Duplex, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const wake = (): void => {
      clearTimeout(timer);
      for (const event of EVENTS) stream.off(event, wake);
      resolve();
    };
    const timer = setTimeout(wake, ms);
    for (const event of EVENTS) stream.once(event, wake);
  });
}

const EVENTS = ['readable', 'end', 'close'] as const;

/** Says why not, as a git at the other end shows it. Source: gitprotocol-pack(5), error packets. */
function refuse(stream: Duplex, why: string): void {
  const words = `ERR cowork: ${why}`;
  stream.end(`${(words.length + 4).toString(16).padStart(4, '0')}${words}`);
}

function sizeOfPacks(hub: string): number {
  const packs = join(hub, 'objects/pack');
  return readdirSync(packs)
    .map((name) => statSync(join(packs, name), { throwIfNoEntry: false })?.size ?? 0)
    .reduce((sum, size) => sum + size, 0);
}
