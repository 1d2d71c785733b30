import process from 'node:process';
import { pino } from 'pino';
import { holdRole } from '../../store/role.ts';
import { createBell, watchFolder } from '../../store/watch.ts';
import { ensureSupervisor } from '../ensure.ts';
import { launchRun, stateOfTeam } from './launch-run.ts';
import { Scheduler } from './scheduler.ts';
import { scheduleNames, schedulerRoleFile, schedulesFolder } from './schedules.ts';
import { openScheduleTelemetry } from './telemetry.ts';

/** Entry of the scheduler: `scheduler HOME`. One for each home, while there are schedules. */
async function main(): Promise<void> {
  const [home = ''] = process.argv.slice(2);
  const log = pino({ level: process.env.COWORK_LOG_LEVEL ?? 'info', base: {} });
  const asked = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => asked.abort());
  await using telemetry = await openScheduleTelemetry({
    home,
    onTrouble: (reason) => log.info({ event: 'telemetry_failed', reason }),
  });
  const scheduler = new Scheduler({
    home,
    now: Date.now,
    launch: (schedule, team) => launchRun(home, schedule, team),
    team: (team) => stateOfTeam(home, team),
    watchOver: (team) => ensureSupervisor(home, team),
    log: (event, fields) => {
      log.info({ event, ...fields });
      telemetry.note(event, fields);
    },
  });
  // Whoever adds a schedule looks whether there is a scheduler: so the role is given up first, and then looked once more.
  do {
    const role = await holdRole(schedulerRoleFile(home), { by: 'scheduler' });
    if (!role.held) {
      log.info({ event: 'scheduler_exists', pid: role.holder?.pid });
      return;
    }
    await mindUntilNothingIsLeft(scheduler, home, asked.signal);
    await role.resign();
  } while (!asked.signal.aborted && scheduleNames(home).length > 0);
  await scheduler.settled();
}

async function mindUntilNothingIsLeft(
  scheduler: Scheduler,
  home: string,
  signal: AbortSignal,
): Promise<void> {
  const bell = createBell();
  signal.addEventListener('abort', bell.ring);
  const watching = new AbortController();
  const watch = async () => {
    for await (const _ of watchFolder(schedulesFolder(home), {
      signal: watching.signal,
      depth: 1,
      rescanMs: 60_000,
    })) {
      bell.ring();
    }
  };
  const watched = watch();
  try {
    while (!signal.aborted) {
      const ms = await scheduler.step();
      if (ms === undefined) return;
      await bell.wait(ms);
    }
  } finally {
    watching.abort();
    await watched;
  }
}

await main();
process.exit(0);
