import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { STARTS_AT_ONCE } from '../keeper/start-turn.ts';
import { openMailbox } from '../mailbox/mailbox.ts';
import { cursorCell } from '../mailbox/paths.ts';
import { isUnreachable, toCoworkError } from '../protocol/errors.ts';
import type { Log } from '../protocol/log-events.ts';
import { createAwakeClock } from '../store/awake.ts';
import { createLockReaper } from '../store/lock-reaper.ts';
import { sayMalformed } from '../store/options.ts';
import { roleHolder } from '../store/role.ts';
import { watchFolder } from '../store/watch.ts';
import { tasksFolder } from '../tasklist/journal.ts';
import { openTaskList } from '../tasklist/tasklist.ts';
import { closeAlert, raiseAlert } from '../team/alerts.ts';
import { LEAVE_MS } from '../team/ladder.ts';
import { keeperRoleFile, paceFile, teamFile } from '../team/paths.ts';
import { readTeam, type TeamRecord } from '../team/team.ts';
import { type AgentLife, superviseAgent } from './agent-life.ts';
import { createFigures } from './figures.ts';
import { endLeftChecks } from './left-checks.ts';
import { createMergeQueue } from './merge-queue.ts';
import { createSharing } from './sharing.ts';
import { createStandby } from './standby.ts';
import { createTaskWatch } from './task-watch.ts';

interface SuperviseOptions {
  home: string;
  dir: string;
  /** Aborted when this process is asked to end; the keepers then go on. */
  signal: AbortSignal;
  log: Log;
  /** Longest time from the end of the team to the return, in milliseconds; default LEAVE_MS. */
  leaveMs?: number;
}

const TICK_MS = 500;
/** Longest time for the report of a finished team, in milliseconds. */
const REPORT_MS = 10_000;
/** Kind of the alert that says: mail and tasks stand still. */
const STORE_ALERT = 'store unreachable';

/**
 * Looks after a team until it has ended and nothing of it runs any more. It has no state of its own: what is wanted stands
 * in team.json, what was started in the ledger, who lives is seen from the processes.
 */
export async function supervise({
  home,
  dir,
  signal,
  log,
  leaveMs = LEAVE_MS,
}: SuperviseOptions): Promise<void> {
  // Who was given no time is not late: all waits are measured by it.
  using clock = createAwakeClock();
  clock.onSleep((ms) => log('slept', { ms }));
  const lives = new Map<string, AgentLife>();
  const hasComeBack = readTeam(dir).agents.every(
    ({ name }) => roleHolder(keeperRoleFile(dir, name)) === undefined,
  );
  const ended = new AbortController();
  const bell = new EventTarget();
  const wake = () => bell.dispatchEvent(new Event('ring'));
  const locked = [
    ...[teamFile(dir), paceFile(dir), join(tasksFolder(dir), 'journal.jsonl')],
    join(dir, cursorCell('user')),
  ];
  const reapers = locked.map((file) => createLockReaper(file));
  // The list's owner sets malformed records aside, when it reads.
  const tasks = openTaskList(dir, {
    isOwner: true,
    onMalformed: (what) => void raiseAlert(dir, null, 'malformed', sayMalformed(what)),
  });
  const mailbox = openMailbox(dir);
  const watchTasks = createTaskWatch({ dir, tasks, mailbox, now: clock.now });
  const share = createSharing({ dir, mailbox, now: clock.now });
  const stopQueue = new AbortController();
  const queue = createMergeQueue({
    ...{ dir, tasks, mailbox, log, signal: AbortSignal.any([signal, stopQueue.signal]) },
    check: async (of) => (await import('../keeper/check.ts')).runCheck({ ...of, home, dir, log }),
  });
  await endLeftChecks(dir).catch((error: unknown) => log('left_checks', { reason: String(error) }));
  const noteFigures = createFigures({ dir, now: clock.now });
  await using standby = createStandby({ home, dir, log, now: clock.now });
  let isStoreUp = false; // an earlier supervisor may have raised the alert

  // Whatever fails or hangs while a team that is over is cleared away, this process ends: the next one that is started goes on with it.
  const overdue = Promise.withResolvers<void>();
  let leaving: NodeJS.Timeout | undefined;
  const leaveSoon = (): void => {
    leaving ??= setTimeout(() => {
      log('left_undone', { afterMs: leaveMs });
      ended.abort();
      overdue.resolve();
    }, leaveMs);
  };

  const round = async (): Promise<void> => {
    if (isGone(dir)) return ended.abort();
    if (readTeam(dir).phase !== 'running') leaveSoon();
    for (const reaper of reapers) if (reaper.reapDeadLock()) log('lock_reaped', {});
    const team = readTeam(dir);
    if (team.phase !== 'running') stopQueue.abort(new Error(`the team is ${team.phase}`));
    let starting = [...lives.values()].filter((life) => life.isStarting()).length;
    for (const agent of team.agents) {
      let life = lives.get(agent.name);
      if (life === undefined) {
        life = superviseAgent({ home, dir, name: agent.name, hasComeBack, standby, wake, now: clock.now });
        lives.set(agent.name, life);
      }
      if (await life.reconcile(team, agent, starting < STARTS_AT_ONCE)) starting++;
    }
    standby.keep(team);
    // A full disk, or one that can't be read, costs a point of a line and nothing else.
    await noteFigures(team).catch((error: unknown) => log('figures_not_noted', { reason: String(error) }));
    // After the agents: who was just spawned waits for it.
    await lookAfterStore(team);
    queue.tend(team);
    const isOver = team.phase !== 'running' && [...lives.values()].every((life) => life.isAtRest());
    if (isOver) ended.abort();
  };

  /** A store that can't be reached, or read, keeps nobody from looking after the agents. */
  const lookAfterStore = async (team: TeamRecord): Promise<void> => {
    try {
      await tasks.list();
      await tasks.compact();
      await mailbox.compact();
      await watchTasks(team);
      await share(team);
      if (!isStoreUp) await closeAlert(dir, null, STORE_ALERT);
      isStoreUp = true;
    } catch (error) {
      log('store_failed', { reason: String(error) });
      isStoreUp = false;
      if (isUnreachable(error)) await raiseAlert(dir, null, STORE_ALERT, toCoworkError(error).message);
    }
  };

  const leaveQueue = async (): Promise<void> => {
    stopQueue.abort(new Error('the supervisor goes'));
    await queue.settled();
  };

  const stop = AbortSignal.any([signal, ended.signal]);
  const rounds = serial(round);
  bell.addEventListener(
    'ring',
    () => void rounds().catch((error: unknown) => log('round_failed', { reason: String(error) })),
  );
  const look = async (): Promise<void> => {
    for await (const _ of watchFolder(dir, { signal: stop, rescanMs: TICK_MS })) {
      await rounds().catch((error: unknown) => log('round_failed', { reason: String(error) }));
    }
  };
  await Promise.race([look().then(() => leaveQueue()), overdue.promise]).finally(() => clearTimeout(leaving));
  await leaveReport(dir, log);
}

/** A team that has finished its job leaves a report. It can be made anew, so nothing waits long for it. */
async function leaveReport(dir: string, log: SuperviseOptions['log']): Promise<void> {
  if (isGone(dir) || readTeam(dir).phase !== 'done') return;
  const { writeReport } = await import('./report/write.ts');
  const patience = delay(REPORT_MS, 'it took too long', { ref: false });
  const made = await Promise.race([writeReport(dir), patience]).catch((error: unknown) => String(error));
  log('report', { made });
}

/** Whether somebody has removed the team's folder; its keepers see it, too, and end. */
function isGone(dir: string): boolean {
  return !existsSync(teamFile(dir));
}

/** Runs `work` one at a time; who asks while it runs gets the next run. */
function serial(work: () => Promise<void>): () => Promise<void> {
  let last: Promise<void> = Promise.resolve();
  return () => {
    last = last.catch(() => {}).then(work); // whoever asked for the failed run has its error
    return last;
  };
}
