import { setTimeout as delay } from 'node:timers/promises';
import { openMailbox, type UserInbox } from '../mailbox/mailbox.ts';
import type { Notice } from '../pane/notice.ts';
import type { TeamDesk } from '../pane/team-desk.ts';
import { ASKS } from '../protocol/approval.ts';
import type { Message } from '../protocol/message.ts';
import { openTaskList } from '../tasklist/tasklist.ts';
import { readAgentRecord } from '../team/agent-record.ts';
import { openAlerts } from '../team/alerts.ts';
import { openApprovals } from '../team/approvals.ts';
import { keeperSocket } from '../team/paths.ts';
import { runningAgents, runningMembers } from '../team/roster.ts';
import { readTeam } from '../team/team.ts';
import { plainText } from '../text/plain.ts';
import { answerTyped, requestLines } from './pane-answer.ts';
import { viewerName } from './viewer-name.ts';

/** Messages that a view shows. */
const MAIL_SHOWN = 200;
/** How often is looked whether a person is needed, in milliseconds. */
const LOOK_MS = 1_000;
/** How long one notice is left to be read before the next, in milliseconds. */
const NOTICE_MS = 3_000;

/** A team as the views of panes need it. */
export function openTeamDesk(dir: string): TeamDesk {
  const mailbox = openMailbox(dir);
  const inbox = mailbox.userInbox();
  return {
    viewer: viewerName(),
    agents: () => runningAgents(readTeam(dir)),
    socketPath: (agent) => keeperSocket(dir, agent),
    tasks: () => taskLines(dir),
    taskCounts: () => taskCounts(dir),
    mail: async () => mailLines(await mailbox.log({ last: MAIL_SHOWN })),
    readMail: async () => {
      const messages = await mailbox.log({ last: MAIL_SHOWN });
      await markShown(inbox, messages);
      return mailLines(messages);
    },
    broadcast: async (text) => {
      const recipients = runningMembers(readTeam(dir));
      await mailbox.broadcast({ from: 'user', recipients, text, incarnation: 0 });
      return `sent to ${recipients.length} agents`;
    },
    requests: async () => requestLines(dir),
    answer: (line) => answerTyped(dir, line),
    notices: (signal) => watchNotices(dir, inbox, signal),
  };
}

function mailLines(messages: readonly Message[]): string[] {
  const lines = messages.map(({ created, from, to, state, text }) =>
    [created.slice(11, 19), `${from} → ${to}`.padEnd(16), state.padEnd(9), oneLine(text)].join(' '),
  );
  return lines.length === 0 ? ['No mail yet.'] : lines;
}

/** What was written to the person and stands on their terminal is seen. */
async function markShown(inbox: UserInbox, messages: readonly Message[]): Promise<void> {
  const shown = messages.filter(({ to, state }) => to === 'user' && ['queued', 'delivered'].includes(state));
  if (shown.length === 0) return;
  await inbox
    .mark(
      'seen',
      shown.map(({ seq }) => seq),
    )
    .catch(() => undefined); // on a full disk, say, it stays unseen, and is shown again
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
async function* watchNotices(
  dir: string,
  inbox: UserInbox,
  signal: AbortSignal,
): AsyncGenerator<Notice, void> {
  const said = new Set<string>();
  const pause = (ms: number) => delay(ms, undefined, { signal }).catch(() => undefined); // aborted: the loop ends
  while (!signal.aborted) {
    const mail = (await inbox.unseen()).filter(({ id }) => !said.has(id));
    for (const { id } of mail) said.add(id);
    const notices = findNotices(dir).filter(({ key }) => !said.has(key));
    for (const { key, ...notice } of notices) {
      said.add(key);
      yield notice;
      await pause(NOTICE_MS); // the next one would take its place
    }
    if (mail.length > 0) yield mailNotice(mail);
    await pause(LOOK_MS);
    // It stood on the terminal that long. Of several only the number did: they wait in the mail.
    if (mail.length === 1) await markShown(inbox, mail);
  }
}

function mailNotice(mail: readonly Message[]): Notice {
  const [{ from, text }] = mail as [Message]; // not called with none
  const said =
    mail.length === 1
      ? `${from} writes to you: ${text}`
      : `${mail.length} messages to you wait in the mail (m)`;
  return { kind: 'mail', text: oneLine(said).slice(0, 300) };
}

function findNotices(dir: string): (Notice & { key: string })[] {
  const team = readTeam(dir);
  const found: (Notice & { key: string })[] = [];
  const say = (kind: Notice['kind'], key: string, text: string): void => {
    found.push({ kind, key: `${kind} ${key}`, text: oneLine(text).slice(0, 300) });
  };
  for (const { id, kind, agent, what } of openApprovals(dir)) {
    // A plan is the lead's to decide, as long as nobody looks for it.
    if (kind !== 'plan') say('question', id, `${id}: ${agent} ${ASKS[kind]}: ${what} (a answers)`);
  }
  for (const { id, agent, kind, text } of openAlerts(dir)) {
    if (kind !== 'approval') say('failure', id, `${agent ?? 'team'}: ${text}`);
  }
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
