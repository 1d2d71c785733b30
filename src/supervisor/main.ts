import process from 'node:process';
import { pino } from 'pino';
import type { Log } from '../protocol/log-events.ts';
import { holdRole } from '../store/role.ts';
import { supervisorRoleFile, teamFolder } from '../team/paths.ts';
import { readTeam } from '../team/team.ts';
import { openTelemetry } from '../team/telemetry.ts';
import { supervise } from './supervise.ts';
import { teamFigures } from './team-figures.ts';

/** Entry of the supervisor process: `supervisor HOME TEAM`. */
async function main(): Promise<void> {
  const [home = '', team = ''] = process.argv.slice(2);
  const dir = teamFolder(home, team);
  const log = pino({ level: process.env.COWORK_LOG_LEVEL ?? 'info', base: { team } });
  const role = await holdRole(supervisorRoleFile(dir), { by: 'team' });
  if (!role.held) {
    log.info({ event: 'supervisor_exists', pid: role.holder?.pid });
    return;
  }
  const asked = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => asked.abort());
  const write: Log = (event, fields) => log.info({ event, ...fields });
  const telemetry = await openTelemetry({
    home,
    teller: { team, created: readTeam(dir).created },
    figures: () => teamFigures(dir),
    onTrouble: (reason) => write('telemetry_failed', { reason }),
  });
  await supervise({
    home,
    dir,
    signal: asked.signal,
    log: (event, fields) => {
      write(event, fields);
      telemetry.note(event, fields);
    },
  });
  await telemetry[Symbol.asyncDispose]();
  // The role is not resigned: it ends with this process, so `stop` and `wait` return when nothing is left.
}

await main();
process.exit(0);
