import process from 'node:process';
import { pino } from 'pino';
import { processIdentity } from '../store/process-identity.ts';
import { holdRole } from '../store/role.ts';
import { appendLedger } from '../team/ledger.ts';
import { keeperRoleFile, teamFolder } from '../team/paths.ts';
import { keep } from './keeper.ts';

/** How a keeper's process tells its supervisor whether starting another one makes sense. */
const EXIT = { stopped: 0, died: 1, failed: 3 } as const;

/** Entry of the keeper process: `keeper HOME TEAM AGENT INCARNATION`. */
async function main(): Promise<number> {
  const [home = '', team = '', agent = '', count = ''] = process.argv.slice(2);
  const incarnation = Number(count);
  const dir = teamFolder(home, team);
  // The supervisor points stdout at the agent's log file.
  const log = pino({ level: process.env.COWORK_LOG_LEVEL ?? 'info', base: { agent, incarnation } });
  const role = await holdRole(keeperRoleFile(dir, agent), { by: agent, incarnation });
  if (!role.held) {
    log.warn({ event: 'keeper_exists', pid: role.holder.pid });
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
  const end = await keep({
    home,
    dir,
    agent,
    incarnation,
    env: process.env,
    log: (event, fields) => log.info({ event, ...fields }),
    signal: asked.signal,
  });
  // The role is not resigned: it ends with this process, so whoever finds it free finds nothing of the keeper either.
  return EXIT[end.how];
}

process.exitCode = await main();
process.exit();
