import { rm } from 'node:fs/promises';
import process from 'node:process';
import { destination, type Logger, pino } from 'pino';
import type { Log } from '../protocol/log-events.ts';
import { FILE_MODE } from '../store/folders.ts';
import { processIdentity } from '../store/process-identity.ts';
import { holdRole } from '../store/role.ts';
import { appendLedger } from '../team/ledger.ts';
import { keeperLog, keeperRoleFile, teamFolder } from '../team/paths.ts';
import { readTeam } from '../team/team.ts';
import { openTelemetry } from '../team/telemetry.ts';
import { keep } from './keeper.ts';
import type { Claim, Spare } from './spare.ts';
import { standBy } from './standby.ts';

/** How a keeper's process tells its supervisor whether starting another one makes sense. */
const EXIT = { stopped: 0, died: 1, failed: 3 } as const;

/** Entry of the keeper process: `keeper HOME TEAM AGENT INCARNATION [may-rest]`, or `keeper HOME TEAM` to stand by for whoever is next. */
async function main(): Promise<number> {
  const [home = '', team = '', agent, count = '', may] = process.argv.slice(2);
  const dir = teamFolder(home, team);
  // The supervisor points stdout at the agent's log file, or at its own for one that stands by.
  if (agent !== undefined) {
    const claim = { agent, incarnation: Number(count) };
    return keepAs(home, dir, claim, logger(claim), { mayRest: may === 'may-rest' });
  }
  const standby = logger({ standby: true });
  const claimed = await standBy({
    home,
    dir,
    env: process.env,
    log: (event, of) => standby.info({ event, ...of }),
  });
  if (claimed === undefined) return EXIT.stopped;
  const log = logger({ ...claimed.claim }, keeperLog(dir, claimed.claim.agent));
  // Its stderr stays where it was.
  process.on('uncaughtExceptionMonitor', (error) => log.fatal({ event: 'crashed', stack: error.stack }));
  return keepAs(home, dir, claimed.claim, log, { spare: claimed.spare });
}

async function keepAs(
  home: string,
  dir: string,
  { agent, incarnation }: Claim,
  log: Logger,
  { spare, mayRest = false }: { spare?: Spare; mayRest?: boolean },
): Promise<number> {
  const role = await holdRole(keeperRoleFile(dir, agent), { by: agent, incarnation });
  if (!role.held) {
    log.warn({ event: 'keeper_exists', pid: role.holder?.pid });
    await spare?.machine[Symbol.asyncDispose]();
    if (spare !== undefined) await rm(spare.runtimeDir, { recursive: true, force: true });
    return EXIT.stopped;
  }
  const own = processIdentity();
  await appendLedger(dir, {
    type: 'started',
    what: 'keeper',
    agent,
    incarnation,
    ...(own === undefined ? {} : { process: own }),
  });
  const asked = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.on(signal, () => asked.abort(new Error(signal)));
  }
  const write: Log = (event, fields) => log.info({ event, ...fields });
  const { name: team, created } = readTeam(dir);
  const telemetry = await openTelemetry({
    home,
    teller: { team, created, agent, incarnation },
    onTrouble: (reason) => write('telemetry_failed', { reason }),
  });
  const end = await keep({
    home,
    dir,
    agent,
    incarnation,
    env: process.env,
    log: (event, fields) => {
      write(event, fields);
      telemetry.note(event, fields);
    },
    signal: asked.signal,
    spare,
    mayRest,
  });
  await telemetry[Symbol.asyncDispose]();
  // The role is not resigned: it ends with this process, so whoever finds it free finds nothing of the keeper either.
  return EXIT[end.how];
}

function logger(base: object, file?: string): Logger {
  const level = process.env.COWORK_LOG_LEVEL ?? 'info';
  // One destination for stdout is pino's own.
  return file === undefined
    ? pino({ level, base: { ...base } })
    : pino({ level, base: { ...base } }, destination({ dest: file, mode: FILE_MODE, sync: true }));
}

process.exitCode = await main();
process.exit();
