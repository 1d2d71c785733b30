import { rm } from 'node:fs/promises';
import process from 'node:process';
import { openUpstream } from '../model/open-upstream.ts';
import type { Log } from '../protocol/log-events.ts';
import { processIdentity } from '../store/process-identity.ts';
import { appendLedger, STANDBY } from '../team/ledger.ts';
import { readTeam, type TeamRecord } from '../team/team.ts';
import { findAccelerator } from '../vm/accelerator.ts';
import { startSpareMachine } from '../vm/start-agent-machine.ts';
import { PANE_SIZE } from './agent-pane.ts';
import { machineOptions } from './agents-machine.ts';
import { makeRuntimeFolder } from './runtime-folder.ts';
import type { Claim, Ready, Spare } from './spare.ts';

interface StandbyOptions {
  home: string;
  dir: string;
  env: NodeJS.ProcessEnv;
  log: Log;
}

/**
 * Loads all that a keeper needs, restores a machine, says so to the supervisor over the channel to it, and waits to be told whose keeper it is. Undefined when the
 * supervisor has gone or wants none any more, or no machine can be had: nothing is left then.
 */
export async function standBy(options: StandbyOptions): Promise<{ claim: Claim; spare: Spare } | undefined> {
  const { dir, log } = options;
  const claimed = Promise.withResolvers<Claim>();
  const unwanted = new AbortController();
  const leave = (): void => {
    unwanted.abort();
    claimed.reject(new Error('nobody needs it any more'));
  };
  claimed.promise.catch(() => {}); // told where it is awaited
  process.once('message', claimed.resolve);
  for (const event of LEAVING) process.once(event, leave);
  const own = processIdentity();
  // Should this process be killed, the supervisor finds the folder here.
  const runtimeDir = await makeRuntimeFolder((path) =>
    appendLedger(dir, { ...STANDBY, path, ...(own === undefined ? {} : { process: own }) }),
  );
  try {
    const spare = await prepare(options, runtimeDir, unwanted.signal);
    const claim = await untilClaimed(spare, claimed);
    // Before all else, as its machine needs the longest. When that has ended meanwhile, the agent gets another.
    spare.machine.begin({ name: claim.agent, ...PANE_SIZE }).catch(() => {});
    return { claim, spare };
  } catch (error) {
    if (!unwanted.signal.aborted) log('standby_failed', { reason: String(error) });
    await rm(runtimeDir, { recursive: true, force: true });
    return undefined;
  } finally {
    for (const event of LEAVING) process.off(event, leave);
  }
}

/** What says that nobody needs this process: the supervisor's end, or the usual ways to ask. */
const LEAVING = ['disconnect', 'SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/** A machine that has been on the way to its first request, and a process that has loaded what a keeper loads later. */
async function prepare(
  { home, dir, env }: StandbyOptions,
  runtimeDirectory: string,
  signal: AbortSignal,
): Promise<Spare> {
  const team = readTeam(dir);
  const { accelerator } = await findAccelerator({ home });
  const loading = loadAhead(team, env);
  loading.catch(() => {}); // what does not load is told to the agent that needs it
  let tell = (_: string): void => {};
  const started = await startSpareMachine({
    ...machineOptions(team, accelerator),
    ...{ name: 'standby', ...PANE_SIZE, runtimeDirectory, signal, onStep: ({ name }) => tell(name) },
  });
  if (started === undefined) throw new Error('there is no template');
  await loading.catch(() => {});
  const follow: Spare['follow'] = (onStep) => {
    tell = onStep;
  };
  return { ...started, runtimeDir: runtimeDirectory, follow };
}

async function loadAhead(team: TeamRecord, env: NodeJS.ProcessEnv): Promise<void> {
  const context = { team: team.name, job: team.job, grants: [], teammates: [] };
  await Promise.all([import('chokidar'), import('proper-lockfile')]);
  await using _ = await openUpstream({ env, rehearsal: team.rehearsal ?? undefined, context });
}

/** Says that it is ready and waits for the claim; ends the machine when none comes any more. */
async function untilClaimed(spare: Spare, claimed: PromiseWithResolvers<Claim>): Promise<Claim> {
  void spare.machine.exited.then(({ reason }) => claimed.reject(new Error(reason)));
  process.send?.({ machine: spare.machine.vmPid } satisfies Ready);
  try {
    return await claimed.promise;
  } catch (error) {
    await spare.machine[Symbol.asyncDispose]();
    throw error;
  }
}
