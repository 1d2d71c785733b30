import type { Mailbox } from '../mailbox/mailbox.ts';
import type { TaskList } from '../tasklist/tasklist.ts';
import { openApprovals } from '../team/approvals.ts';
import { findAgent, membersOf, readTeam } from '../team/team.ts';
import { grantPath, workspaceOf } from './grant-paths.ts';

/**
 * How things stand for an agent, in words: what it must not have forgotten when its conversation was replaced by a summary.
 * Names and subjects of others are quoted, as they are not the runtime's words.
 */
export async function situation(of: {
  dir: string;
  agent: string;
  mailbox: Mailbox;
  tasks: TaskList;
}): Promise<string> {
  const { dir, agent, mailbox, tasks } = of;
  const team = readTeam(dir);
  const own = findAgent(team, agent);
  const list = await tasks.list();
  const line = ({ id, state, subject, owner }: (typeof list)[number]) =>
    `- ${id} ${state}${owner === null ? '' : `, ${owner}`}: ${JSON.stringify(subject)}`;
  const mine = list.filter(({ owner, state }) => owner === agent && state === 'in_progress');
  const open = list.filter((task) => !mine.includes(task) && !SETTLED.includes(task.state));
  const count = (state: string) => list.filter((task) => task.state === state).length;
  const asked = openApprovals(dir).filter((approval) => approval.agent === agent);
  return [
    `You are ${agent}, ${own.role} of team "${team.name}". It is ${new Date().toISOString()}; the job began ${team.created}.`,
    'The team:',
    ...membersOf(team).map(
      ({ name, title, wanted }) =>
        `- ${name}: ${JSON.stringify(title)}${wanted === 'stopped' ? ', stopped' : ''}`,
    ),
    'Granted folders:',
    ...team.grants.map(
      (grant) => `- ${grantPath(team, grant, workspaceOf(dir, team, agent))} (${grant.mode})`,
    ),
    ...section('Tasks that you have claimed:', mine.map(line)),
    ...section('Other open tasks:', open.slice(0, OPEN_MAX).map(line)),
    `Settled: ${count('completed')} completed, ${count('failed')} failed, ${count('cancelled')} cancelled.`,
    ...section(
      'Your open requests to the user:',
      asked.map(({ id, kind, what }) => `- ${id} ${kind}: ${JSON.stringify(what)}`),
    ),
    `Messages that you have not seen: ${await mailbox.unread(agent)}; they come by themselves.`,
  ].join('\n');
}

const SETTLED = ['completed', 'failed', 'cancelled'];
const OPEN_MAX = 40;

const section = (title: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : [title, ...lines];
