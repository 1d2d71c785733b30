import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { CoworkError } from '../protocol/errors.ts';
import { packageRoot } from '../store/package-root.ts';
import { runningAgents } from '../team/roster.ts';
import { readTeam } from '../team/team.ts';
import type { Surroundings } from './command.ts';

/** Agents in one window. */
const PER_WINDOW = 4;
const TMUX_MS = 10_000;
/** How often is looked whether the panes are still there, in milliseconds. */
const LOOK_MS = 500;

/**
 * Opens windows of tmux with an attached agent in each pane: in the session that this terminal is in, else in one of its own. When the person is
 * done, the panes that were opened here are closed, by their ids, and nothing else. Throws TMUX_MISSING, TMUX_FAILED.
 */
export async function showInTmux(
  dir: string,
  { env, home, stdin, stdout }: Pick<Surroundings, 'env' | 'home' | 'stdin' | 'stdout'>,
): Promise<void> {
  const { name } = readTeam(dir);
  const isInside = (env.TMUX ?? '') !== '';
  const cowork = join(packageRoot(), 'bin', 'cowork.js');
  const command = (agent: string): string[] => [
    ...['env', `COWORK_HOME=${home}`, process.execPath, cowork, 'attach', agent, '-t', name],
  ];
  const opened: string[] = [];
  try {
    const session = isInside ? undefined : await openWindows(name, dir, command, opened, 'session');
    if (isInside) {
      await openWindows(name, dir, command, opened, 'window');
      stdout.write(`${opened.length} agents are in windows of tmux named ${name}. Enter here closes them.\n`);
      await Promise.race([once(stdin.resume(), 'data'), once(stdin, 'end'), asked(), gone(opened)]);
      stdin.pause();
    } else {
      const client = spawn('tmux', ['attach-session', '-t', session ?? ''], { stdio: 'inherit', env });
      await once(client, 'close');
    }
  } finally {
    for (const pane of opened) await tmux(['kill-pane', '-t', pane]).catch(() => undefined); // closed by the person
  }
}

/** Opens a pane for each agent and puts their ids into `opened`; returns the id of the session when one was made. */
async function openWindows(
  team: string,
  dir: string,
  command: (agent: string) => string[],
  opened: string[],
  first: 'session' | 'window',
): Promise<string | undefined> {
  let session: string | undefined;
  let window = '';
  for (const [index, agent] of runningAgents(readTeam(dir)).entries()) {
    const format = ['-P', '-F', '#{session_id} #{window_id} #{pane_id}'];
    const isNewSession = index === 0 && first === 'session';
    const where = session === undefined ? [] : ['-t', `${session}:`];
    const made = isNewSession
      ? await tmux(['new-session', '-d', ...format, '-n', team, ...command(agent)])
      : index % PER_WINDOW === 0
        ? await tmux(['new-window', ...where, ...format, '-n', team, ...command(agent)])
        : await tmux(['split-window', '-t', window, ...format, ...command(agent)]);
    const [sessionId = '', windowId = '', pane = ''] = made.trim().split(' ');
    if (isNewSession) session = sessionId;
    window = windowId;
    opened.push(pane);
    // After each, so that the next one has room.
    await tmux(['select-layout', '-t', window, 'tiled']);
  }
  return session;
}

async function gone(panes: readonly string[]): Promise<void> {
  for (;;) {
    await delay(LOOK_MS, undefined, { ref: false });
    const there = (await tmux(['list-panes', '-a', '-F', '#{pane_id}']).catch(() => '')).split('\n');
    if (!panes.some((pane) => there.includes(pane))) return;
  }
}

/** Resolves when this process is asked to end. */
function asked(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve());
  });
}

async function tmux(args: string[]): Promise<string> {
  try {
    return (await promisify(execFile)('tmux', args, { timeout: TMUX_MS })).stdout;
  } catch (error) {
    const { code, stderr } = error as NodeJS.ErrnoException & { stderr?: string }; // what execFile rejects with
    if (code === 'ENOENT')
      throw new CoworkError('TMUX_MISSING', 'There is no program tmux.', { cause: error });
    throw new CoworkError('TMUX_FAILED', `tmux ${args[0]} failed: ${stderr?.trim() ?? ''}`, { cause: error });
  }
}
