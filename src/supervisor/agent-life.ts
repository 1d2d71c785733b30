import { openMailbox } from '../mailbox/mailbox.ts';
import { limitsOf } from '../protocol/limits.ts';
import { isStopped } from '../store/process-identity.ts';
import { closeRole, roleHolder } from '../store/role.ts';
import { openTaskList } from '../tasklist/tasklist.ts';
import { readAgentRecord, writeAgentRecord } from '../team/agent-record.ts';
import { STOPPED } from '../team/agent-status.ts';
import { closeAlert, raiseAlert } from '../team/alerts.ts';
import { LADDER_MS } from '../team/ladder.ts';
import { appendLedger, type LedgerRecord, lastIncarnation, readLedger } from '../team/ledger.ts';
import { keeperRoleFile } from '../team/paths.ts';
import { isPromoted } from '../team/succession.ts';
import { endTeam, type RosterEntry, type TeamRecord } from '../team/team.ts';
import { clearAway } from './clear-away.ts';
import { killIfSame, type StartedProcess, startKeeper } from './keeper-process.ts';
import type { Standby } from './standby.ts';
import { handOver } from './succession.ts';
import { tellSenders } from './tell-senders.ts';

/** One agent as the supervisor looks after it, over all its incarnations. */
export interface AgentLife {
  /** Brings what is nearer to what is wanted, without starting it where `mayStart` is false; called again and again. Returns whether it has started it. */
  reconcile(team: TeamRecord, agent: RosterEntry, mayStart: boolean): Promise<boolean>;
  /** Whether it was started and can take no work yet. */
  isStarting(): boolean;
  /** Whether nothing of it runs and its end has been dealt with. */
  isAtRest(): boolean;
}

interface LifeOptions {
  home: string;
  dir: string;
  name: string;
  /** Whether nothing of the team ran when it was taken up: it was stopped, or all of it was lost. */
  hasComeBack?: boolean;
  /** A keeper that stands by saves the next one its start. */
  standby: Pick<Standby, 'take'>;
  /** Called when there may be something to reconcile. */
  wake: () => void;
  /** Milliseconds since some fixed moment. */
  now: () => number;
}

/** So many deaths within this time, and the agent is not started again. */
const MAX_DEATHS = 5;
const DEATHS_WITHIN_MS = 10 * 60_000;
/** Pause before the first restart; it doubles with each death in a row. */
const BACK_OFF_MS = 250;

/** Kind of the alert about a keeper that does nothing. */
const KEEPER_STOPPED = 'keeper stopped';

/** Looks after one agent. All that it must remember stands in the ledger and in the agent's record. */
export function superviseAgent({
  home,
  dir,
  name,
  hasComeBack = false,
  standby,
  wake,
  now,
}: LifeOptions): AgentLife {
  let started: StartedProcess | undefined;
  let deaths: number[] = [];
  let stopSince: number | undefined;
  let isResting = false;
  let isGivenUp = false;
  /** Since when its keeper is stopped by a signal; an earlier supervisor may have told people. */
  let stillSince: number | undefined = Number.POSITIVE_INFINITY;

  const isUp = (): boolean =>
    roleHolder(keeperRoleFile(dir, name)) !== undefined || (started !== undefined && !started.hasExited());

  const reconcile: AgentLife['reconcile'] = async (team, agent, mayStart) => {
    const { succession } = agent;
    const isWanted = team.phase === 'running' && agent.wanted === 'running' && succession === undefined;
    if (isUp()) {
      isResting = false;
      if (!isWanted) hurry();
      else await noticeHealth(limitsOf(team).silence * 1000);
      return false;
    }
    stopSince = undefined;
    const ledger = readLedger(dir);
    const last = lastIncarnation(ledger, name);
    if (last > 0 && !hasEnded(ledger, name, last)) {
      // A supervisor that is gone may have started its keeper a moment ago: which of the two comes too late stands in the journal.
      if ((await closeRole(keeperRoleFile(dir, name), { by: 'team', upTo: last })) !== undefined)
        return false;
      await bury(team, agent, last, ledger);
    }
    if (succession !== undefined && team.phase === 'running') {
      isResting = false;
      if (await handOver(dir, team, succession)) deaths = [];
      return false;
    }
    const hadGivenUp = isGivenUp;
    isGivenUp = readAgentRecord(dir, name).state === 'failed';
    // The user has resumed it: what it died of before counts no more.
    if (hadGivenUp && !isGivenUp) deaths = [];
    if (!isWanted || isGivenUp) {
      isResting = true;
      return false;
    }
    isResting = false;
    const pause = deaths.length === 0 ? 0 : BACK_OFF_MS * 2 ** (deaths.length - 1);
    if (now() - (deaths.at(-1) ?? 0) < pause || !mayStart) return false;
    await start(team, last + 1);
    return true;
  };

  const start = async (team: TeamRecord, incarnation: number): Promise<void> => {
    await appendLedger(dir, { type: 'incarnation_planned', agent: name, incarnation });
    // Who comes back with its team, or was at rest, need not have a machine; who has died beside others is missed by them.
    const isBack = started === undefined && hasComeBack;
    const mayRest = incarnation > 1 && (isBack || readAgentRecord(dir, name).atRest);
    started =
      (mayRest ? undefined : standby.take(name, incarnation, wake)) ??
      startKeeper({ home, team: team.name, dir, agent: name, incarnation, mayRest }, wake);
  };

  /** Sees to it that a keeper that should end does. */
  const hurry = (): void => {
    stopSince ??= now();
    if (now() - stopSince > LADDER_MS) killIfSame(roleHolder(keeperRoleFile(dir, name)), 'SIGKILL');
  };

  const noticeHealth = async (silenceMs: number): Promise<void> => {
    const { state } = readAgentRecord(dir, name);
    if (state === 'idle' || state === 'working') await closeAlert(dir, name, 'died');
    const keeper = roleHolder(keeperRoleFile(dir, name));
    if (keeper === undefined || !isStopped(keeper)) {
      if (stillSince !== undefined) await closeAlert(dir, name, KEEPER_STOPPED);
      stillSince = undefined;
      return;
    }
    // Somebody did that, and may undo it: people are told, and nothing is killed.
    if (stillSince === undefined || stillSince === Number.POSITIVE_INFINITY) stillSince = now();
    if (now() - stillSince >= silenceMs)
      await raiseAlert(dir, name, KEEPER_STOPPED, `${name}: ${STOPPED.reason} ${keeper.pid}`);
  };

  /** Deals with the end of an incarnation: nothing of it runs on, its tasks are open again, the lead knows. */
  const bury = async (
    team: TeamRecord,
    agent: RosterEntry,
    incarnation: number,
    ledger: LedgerRecord[],
  ): Promise<void> => {
    await clearAway(ledger.filter((entry) => entry.agent === name && entry.type === 'started'));
    const record = readAgentRecord(dir, name);
    const isOrderly = record.state === 'stopped' && record.incarnation === incarnation;
    const hasFailed = record.state === 'failed' && record.incarnation === incarnation;
    const died = !isOrderly && !hasFailed;
    const reason = deathReason(record.incarnation === incarnation ? record.reason : '', record.pid);
    if (died) deaths = [...deaths.filter((at) => now() - at < DEATHS_WITHIN_MS), now()];
    const givesUp = hasFailed || deaths.length > MAX_DEATHS;
    if (died) {
      await writeAgentRecord(dir, name, {
        ...record,
        incarnation,
        state: givesUp ? 'failed' : 'starting',
        reason: givesUp ? `died ${deaths.length} times: ${reason}` : `died: ${reason}`,
        pid: null,
        vmPid: null,
        task: null,
      });
    }
    const isFinal = givesUp || agent.wanted === 'stopped';
    const released = await openTaskList(dir).releaseIncarnation({
      agent: name,
      incarnation,
      reason,
      isFinal,
    });
    if (team.phase === 'running' && !isOrderly)
      await tell(team.name, agent, incarnation, reason, released, givesUp);
    if (isFinal && agent.role === 'teammate') {
      if (team.phase === 'running' && !isPromoted(team, name))
        await tellSenders(dir, team, name, incarnation);
      await openMailbox(dir).markUndeliverable({ agent: name, reason: `${name} is stopped` });
    }
    await appendLedger(dir, { type: 'incarnation_ended', agent: name, incarnation, reason });
  };

  const tell = async (
    team: string,
    agent: RosterEntry,
    incarnation: number,
    reason: string,
    released: readonly string[],
    givesUp: boolean,
  ): Promise<void> => {
    // One alert for one trouble.
    if (givesUp) await closeAlert(dir, name, 'died');
    const then = givesUp ? ` It is not started again before \`cowork resume -t ${team}\`.` : '';
    await raiseAlert(dir, name, givesUp ? 'failed' : 'died', `${name}: ${reason}.${then}`.replace('..', '.'));
    if (agent.role === 'lead') {
      if (givesUp) await endTeam(dir, 'failed', `The lead can't go on: ${reason}`);
      return;
    }
    const tasks = released.length === 0 ? 'It held no task.' : `Open again: ${released.join(', ')}.`;
    const next = givesUp
      ? 'It will not be started again.'
      : 'It is started again and will remember its conversation.';
    await openMailbox(dir).send({
      from: 'team',
      to: 'lead',
      kind: 'notice',
      text: `${name} ${givesUp ? 'failed' : 'died'}: ${reason}. ${tasks} ${next}`,
      incarnation: 0,
      key: `end-of-${name}-${incarnation}`,
    });
  };

  return {
    reconcile,
    isStarting: () => isUp() && readAgentRecord(dir, name).state === 'starting',
    isAtRest: () => isResting,
  };
}

function hasEnded(ledger: readonly LedgerRecord[], agent: string, incarnation: number): boolean {
  return ledger.some(
    (entry) =>
      entry.type === 'incarnation_ended' && entry.agent === agent && entry.incarnation === incarnation,
  );
}

function deathReason(written: string, pid: number | null): string {
  if (pid === null && written !== '') return written;
  return pid === null ? 'its keeper did not start' : `its keeper (process ${pid}) was killed`;
}
