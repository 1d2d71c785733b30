import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { limitsOf } from '../protocol/limits.ts';
import type { Log } from '../protocol/log-events.ts';
import { isAlive } from '../store/process-identity.ts';
import { readAgentRecord } from '../team/agent-record.ts';
import { readLedger, STANDBY } from '../team/ledger.ts';
import { TEAMMATES_MAX } from '../team/roster.ts';
import type { TeamRecord } from '../team/team.ts';
import { type StandbyProcess, type StartedProcess, startStandby } from './keeper-process.ts';

/** A keeper that stands by for the next agent of a team, with a machine that is nobody's. */
export interface Standby extends AsyncDisposable {
  /** Starts one when the team may need it, ends it when not; called again and again. */
  keep(team: TeamRecord): void;
  /** Makes it the keeper of an incarnation; undefined when none is ready. */
  take(agent: string, incarnation: number, onExit: () => void): StartedProcess | undefined;
}

/** How long no agent must have been starting: an agent that somebody waits for comes first. */
const CALM_MS = 3_000;
/** How long none is tried again after one has failed. */
const AGAIN_MS = 60_000;
/** How long one may take to leave before it is killed. */
const LEAVE_MS = 5_000;

/** Looks after a team's keeper that stands by. What it must remember stands in the ledger; one that is left over clears away itself. */
export function createStandby(of: {
  home: string;
  dir: string;
  log: Log;
  /** Milliseconds since some fixed moment. */
  now?: () => number;
}): Standby {
  const { home, dir, log, now = () => performance.now() } = of;
  let current: StandbyProcess | undefined;
  let calmSince: number | undefined;
  let notBefore = Number.NEGATIVE_INFINITY;
  const clearAway = () =>
    clearLeftovers(dir).catch((error: unknown) => log('standby', { left: String(error) }));
  void clearAway();

  const start = (team: TeamRecord): void => {
    const mine = startStandby(
      { home, team: team.name, dir },
      {
        ready: ({ machine }) => log('standby', { ready: mine.identity?.pid, machine }),
        exited: () => {
          if (current !== mine) return; // it was taken, or sent away
          current = undefined;
          notBefore = now() + AGAIN_MS;
          log('standby', { ended: mine.identity?.pid });
          void clearAway();
        },
      },
    );
    current = mine;
  };

  const leave = async (): Promise<void> => {
    const leaving = current;
    current = undefined;
    if (leaving === undefined) return;
    leaving.leave();
    const deadline = now() + LEAVE_MS;
    while (!leaving.hasExited()) {
      if (now() > deadline) leaving.kill();
      await delay(10);
    }
    await clearAway();
  };

  return {
    keep: (team) => {
      if (!mayNeedOne(team)) return void leave();
      if (current !== undefined || now() < notBefore) return;
      calmSince = isCalm(dir, team) ? (calmSince ?? now()) : undefined;
      if (calmSince !== undefined && now() - calmSince >= CALM_MS && hasRoom(team)) start(team);
    },
    take: (agent, incarnation, onExit) => {
      calmSince = undefined;
      const taken = current?.isReady() ? current : undefined;
      if (taken === undefined) return undefined;
      current = undefined;
      taken.claim({ agent, incarnation }, onExit);
      log('standby', { taken: taken.identity?.pid, agent, incarnation });
      return taken;
    },
    [Symbol.asyncDispose]: leave,
  };
}

function mayNeedOne(team: TeamRecord): boolean {
  const isAllowed = process.env.COWORK_WARM_START !== 'off' && process.env.COWORK_STANDBY !== 'off';
  return (
    isAllowed && team.sandbox === 'vm' && team.phase === 'running' && team.agents.length <= TEAMMATES_MAX
  );
}

function isCalm(dir: string, team: TeamRecord): boolean {
  const wanted = team.agents.filter((agent) => agent.wanted === 'running');
  return wanted.every(({ name }) => readAgentRecord(dir, name).state !== 'starting');
}

/** Memory that somebody needs more is not taken for what may never be used. */
function hasRoom(team: TeamRecord): boolean {
  return process.availableMemory() > 2 * limitsOf(team).memory * 1024 * 1024;
}

/** Removes the folders of those that were killed; their machines died with them. */
async function clearLeftovers(dir: string): Promise<void> {
  for (const { agent, path, process: identity } of readLedger(dir)) {
    if (agent !== STANDBY.agent || path === undefined || !existsSync(path)) continue;
    if (identity === undefined || !isAlive(identity)) await rm(path, { recursive: true, force: true });
  }
}
