import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { z } from 'zod';
import { createFileServer } from '../files/server.ts';
import { jsonRoute, serveGate } from '../gate/server.ts';
import { hubFolder } from '../git/places.ts';
import type { CheckEnd } from '../git/queue.ts';
import { serveRepositories } from '../git/serve.ts';
import { CoworkError } from '../protocol/errors.ts';
import type { CheckOrder } from '../protocol/gate.ts';
import type { Log } from '../protocol/log-events.ts';
import { FOLDER_MODE } from '../store/folders.ts';
import { appendLedger } from '../team/ledger.ts';
import { readTeam } from '../team/team.ts';
import { startAgentsMachine } from './agents-machine.ts';
import { agentEgress } from './egress.ts';
import { gitPipe } from './git-pipe.ts';
import { startHostBody } from './host-body.ts';

/** Longest time of a team's command where none was given, in minutes. */
const CHECK_MINUTES = 30;
/** What its machine may take besides, to start and to fetch, in milliseconds. */
const AROUND_MS = 30 * 60_000;

export interface CheckOptions {
  home: string;
  dir: string;
  /** Name of the repository's grant. */
  grant: string;
  commit: string;
  command: string;
  /** Whose push it is; what the command reaches outside is written down as that agent's. */
  agent: string;
  /** Ends it; it then throws. */
  signal: AbortSignal;
  log: Log;
}

const Done = z.strictObject({
  ran: z.boolean(),
  code: z.int().nullable(),
  why: z.string().max(2_000),
  tail: z.string().max(64_000),
});

/**
 * Runs the team's command on one commit, in a machine that nobody has used and nobody will (without machines in a new folder). Of the team
 * it sees the repository and the allowed hosts, and nothing else. Throws when it could not be run, which says nothing about the commit.
 */
export async function runCheck(options: CheckOptions): Promise<CheckEnd> {
  const { dir, grant, commit, command, signal, log } = options;
  signal.throwIfAborted();
  const { sandbox, checkMinutes = CHECK_MINUTES } = readTeam(dir);
  const limitMs = checkMinutes * 60_000;
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'cowork-'));
  // Should this process be killed, the next one finds here what to end and to take away.
  await appendLedger(dir, { type: 'started', what: 'folder', agent: 'team', incarnation: 0, path: folder });
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const workspace = sandbox === 'vm' ? '/workspace' : join(folder, 'work');
  const order: CheckOrder = {
    check: { name: grant, commit, command, limitMs, pipe: gitPipe(sandbox) },
    ...{ workspace, sandbox },
  };
  const body = await startBody(options, folder, workspace);
  stack.use(body);
  const done = Promise.withResolvers<z.infer<typeof Done>>();
  const served = serveGate(
    body.gate,
    {
      read: { '/agent/welcome': async () => order },
      json: { '/check/done': jsonRoute(Done, async (end) => done.resolve(end)) },
      lines: {},
      egress: agentEgress({ dir, agent: options.agent, incarnation: 0, modelUrl: undefined, log }),
      git: serveRepositories(() => ({
        hubOf: (name) => (name === grant ? hubFolder(dir, grant) : undefined),
        ...{ branch: null, isCheck: true },
      })),
    },
    (entry) => log('check_gate', { ...entry }),
  );
  const lost = Promise.race([body.ended, served.then(() => 'its gate was cut off')]);
  const late = new AbortController();
  stack.defer(() => late.abort());
  const end = await Promise.race([
    done.promise,
    lost.then((why) => failed(`its machine ended: ${why}`)),
    after(limitMs + AROUND_MS, signal, late.signal),
  ]);
  if (!end.ran) failed(end.why);
  const { ran: _, ...result } = end;
  return result;
}

interface CheckBody extends AsyncDisposable {
  gate: Duplex;
  ended: Promise<string>;
}

async function startBody(of: CheckOptions, runtimeDir: string, workspace: string): Promise<CheckBody> {
  const { home, dir, signal, log } = of;
  const team = readTeam(dir);
  const shared = { runtimeDir, cols: 100, rows: 30, onStep: (step: string) => log('check_step', { step }) };
  if (team.sandbox === 'none') {
    await mkdir(workspace, { mode: FOLDER_MODE });
    const body = await startHostBody({ ...shared, workspace });
    body.terminal.onData(() => {}); // else it would wait for a reader
    return body;
  }
  const { machine } = await startAgentsMachine({ ...shared, home, team, name: 'check', signal });
  machine.console.onData(() => {});
  // It is shown no folder; its kernel asks for the tree all the same.
  const files = createFileServer({ grants: [] });
  const served = files.serve(machine.files);
  return {
    gate: machine.gate,
    ended: machine.exited.then(({ reason }) => reason),
    [Symbol.asyncDispose]: async () => {
      await machine[Symbol.asyncDispose]();
      await served;
      await files[Symbol.asyncDispose]();
    },
  };
}

async function after(ms: number, signal: AbortSignal, over: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const timer = setTimeout(() => reject(new Error(`nothing was heard of it for ${ms / 60_000} min`)), ms);
    const stop = (): void => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    over.addEventListener('abort', () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
    });
  });
}

function failed(why: string): never {
  throw new CoworkError('CHECK_FAILED_TO_RUN', `The check could not be run: ${why}.`);
}
