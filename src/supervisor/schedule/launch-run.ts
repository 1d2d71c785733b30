import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { builtProgram } from '../../store/package-root.ts';
import { teamFile, teamFolder } from '../../team/paths.ts';
import { teamStatus } from '../team-status.ts';
import type { LaunchOutcome, TeamState } from './scheduler.ts';
import type { Schedule } from './schedules.ts';

/** Longest time that a launch may take until its agents are ready, in milliseconds: a template may have to be made first. */
const LAUNCH_MS = 15 * 60_000;
/** Exit codes of wrong use and of things that are not there: the same launch would be refused again. */
const FINAL = [2, 3];

/** Launches a run as `cowork launch` does, as a process of its own, where the schedule was added. */
export async function launchRun(
  home: string,
  { args, folder }: Schedule,
  team: string,
): Promise<LaunchOutcome> {
  if (!existsSync(folder)) {
    return {
      code: 'USAGE',
      reason: `The folder ${folder}, in which it was scheduled, is gone.`,
      isFinal: true,
    };
  }
  const words = [builtProgram('cli.mjs'), 'launch', '--team', team, '--detach', '--json', ...args];
  const child = spawn(process.execPath, words, {
    cwd: folder,
    env: { ...process.env, COWORK_HOME: home },
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: LAUNCH_MS,
  });
  let said = '';
  child.stderr.on('data', (data) => {
    said = (said + data).slice(-64 * 1024);
  });
  const [code] = (await once(child, 'close')) as [number | null];
  if (code === 0) return { code: null, reason: '', isFinal: false };
  const error = errorIn(said);
  return { ...error, isFinal: code !== null && FINAL.includes(code) };
}

/** How a team that was launched stands; undefined when there is none. */
export async function stateOfTeam(home: string, team: string): Promise<TeamState | undefined> {
  const dir = teamFolder(home, team);
  if (!existsSync(teamFile(dir))) return undefined;
  const { state, costUsd, summary } = await teamStatus(dir);
  const isOver = state === 'done' || state === 'failed' || state === 'stopped';
  return isOver ? { isRunning: false, outcome: state, costUsd, summary } : { isRunning: true };
}

/** The last error that a command with `--json` has printed. */
function errorIn(said: string): { code: string; reason: string } {
  for (const line of said.trim().split('\n').reverse()) {
    try {
      const { error } = JSON.parse(line) as { error?: { code?: unknown; message?: unknown } };
      if (typeof error?.code === 'string') return { code: error.code, reason: String(error.message ?? '') };
    } catch {
      // a line for people
    }
  }
  return { code: 'START_FAILED', reason: said.trim().split('\n').at(-1) ?? 'it ended without a word' };
}
