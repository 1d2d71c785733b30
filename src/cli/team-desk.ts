import { readlinkSync } from 'node:fs';
import { userInfo } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { openMailbox } from '../mailbox/mailbox.ts';
import type { Notice } from '../pane/notice.ts';
import type { TeamDesk } from '../pane/team-desk.ts';
import { openTaskList } from '../tasklist/tasklist.ts';
import { readAgentRecord } from '../team/agent-record.ts';
import { openAlerts } from '../team/alerts.ts';
import { openApprovals } from '../team/approvals.ts';
import { keeperSocket } from '../team/paths.ts';
import { runningAgents } from '../team/roster.ts';
import { readTeam } from '../team/team.ts';
import { plainText } from '../text/plain.ts';

/** Messages that a view shows. */
const MAIL_SHOWN = 200;
/** How often is looked whether a person is needed, in milliseconds. */
const LOOK_MS = 1_000;

/** A team as the views of panes need it. */
export function openTeamDesk(dir: string): TeamDesk {
  const mailbox = openMailbox(dir);
  return {
    viewer: viewerName(),
    agents: () => runningAgents(readTeam(dir)),
    socketPath: (agent) => keeperSocket(dir, agent),
    tasks: () => taskLines(dir),
    taskCounts: () => taskCounts(dir),
    mail: async () => {
      const messages = (await mailbox.log({})).slice(-MAIL_SHOWN);
      const lines = messages.map(({ created, from, to, state, text }) =>
        [created.slice(11, 19), `${from} → ${to}`.padEnd(16), state.padEnd(9), oneLine(text)].join(' '),
      );
      return lines.length === 0 ? ['No mail yet.'] : lines;
    },
    broadcast: async (text) => {
      const recipients = runningAgents(readTeam(dir));
      await mailbox.broadcast({ from: 'user', recipients, text, incarnation: 0 });
      return `sent to ${recipients.length} agents`;
    },
    notices: (signal) => watchNotices(dir, signal),
  };
}

const oneLine = (text: string): string => plainText(text.trim().replaceAll(/\s+/g, ' '));

async function taskLines(dir: string): Promise<string[]> {
  const tasks = await openTaskList(dir).list();
  const width = Math.max(0, ...tasks.map(({ owner }) => owner?.length ?? 0));
  const lines = tasks.map(({ id, state, owner, subject, result }) => {
    const head = [id.padEnd(4), state.replace('_', ' ').padEnd(11), (owner ?? '').padEnd(width)].join(' ');
    return `${head} ${oneLine(subject)}${result === null ? '' : ` → ${oneLine(result)}`}`;
  });
  return lines.length === 0 ? ['No tasks yet.'] : lines;
}

async function taskCounts(dir: string): Promise<string> {
  const counts = new Map<string, number>();
  for (const { state } of await openTaskList(dir).list()) counts.set(state, (counts.get(state) ?? 0) + 1);
  return counts.size === 0
    ? 'none yet'
    : [...counts].map(([state, n]) => `${n} ${state.replace('_', ' ')}`).join(' · ');
}

/** Yields what a person is needed for, each thing once: what is open at the start, and what comes. */
async function* watchNotices(dir: string, signal: AbortSignal): AsyncGenerator<Notice, void> {
  const since = new Date();
  const said = new Set<string>();
  while (!signal.aborted) {
    for (const { key, ...notice } of await findNotices(dir, since)) {
      if (said.has(key)) continue;
      said.add(key);
      yield notice;
    }
    await delay(LOOK_MS, undefined, { signal }).catch(() => undefined); // aborted: the loop ends
  }
}

async function findNotices(dir: string, since: Date): Promise<(Notice & { key: string })[]> {
  const team = readTeam(dir);
  const found: (Notice & { key: string })[] = [];
  const say = (kind: Notice['kind'], key: string, text: string): void => {
    found.push({ kind, key: `${kind} ${key}`, text: oneLine(text).slice(0, 300) });
  };
  for (const { id, agent, what } of openApprovals(dir))
    say('question', id, `${agent} asks: ${what} (cowork approvals)`);
  for (const { id, agent, kind, text } of openAlerts(dir)) {
    if (kind !== 'approval') say('failure', id, `${agent ?? 'team'}: ${text}`);
  }
  for (const { id, from, text } of await openMailbox(dir).log({ agent: 'user', since }))
    say('mail', id, `${from} writes to you: ${text}`);
  for (const { name } of team.agents) {
    const { state, reason, incarnation } = readAgentRecord(dir, name);
    if (state === 'failed') say('failure', `${name} ${incarnation}`, `${name} has failed: ${reason}`);
  }
  if (team.phase !== 'running')
    say(
      team.phase === 'done' ? 'done' : 'failure',
      'end',
      `the team is ${team.phase}: ${team.summary ?? ''}`,
    );
  return found;
}

/** The user and the terminal, for other viewers. */
function viewerName(): string {
  try {
    const terminal = readlinkSync('/proc/self/fd/0').replace('/dev/', '');
    return `${userInfo().username} ${terminal}`.slice(0, 64);
  } catch {
    return ''; // no /proc, or a user without a name: the viewer is counted and not named
  }
}
