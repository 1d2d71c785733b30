import type { Mailbox } from '../mailbox/mailbox.ts';
import type { TranscriptEntry } from '../protocol/gate.ts';
import type { TaskList } from '../tasklist/tasklist.ts';
import { openApprovals } from '../team/approvals.ts';
import type { RosterEntry } from '../team/team.ts';
import { lostBy } from './lost-task.ts';

/**
 * Whether an agent's life before ended with nothing to go on with, by the files of the team: its turn was over and its mail settled, it had no task, and it waits
 * for no answer. The lead looks after the job and always has something.
 */
export async function wasAtRest(of: {
  dir: string;
  agent: RosterEntry;
  mailbox: Mailbox;
  tasks: TaskList;
  /** What its model was told and said, from the last summary on. */
  transcript: readonly TranscriptEntry[];
}): Promise<boolean> {
  const { dir, agent, mailbox, tasks, transcript } = of;
  if (agent.role === 'lead' || !hasEndedItsTurn(transcript)) return false;
  if (openApprovals(dir).some((approval) => approval.agent === agent.name)) return false;
  // What was seen and not settled may still owe somebody a report.
  if ((await mailbox.inbox(agent.name).read()).length > 0) return false;
  return !(await hadTask(tasks, agent.name));
}

/** A conversation that nobody has begun has nothing cut off either. */
function hasEndedItsTurn(transcript: readonly TranscriptEntry[]): boolean {
  const said = transcript.filter(({ type }) => type !== 'note');
  // One reply may take several records.
  const reply = said.slice(said.findLastIndex(({ type }) => type !== 'assistant') + 1);
  if (reply.length === 0) return said.length === 0;
  return !reply.some((entry) => entry.type === 'assistant' && entry.content.some(isCall));
}

const isCall = ({ type }: { type: string }): boolean => type === 'tool_use';

/** Whether it works on a task or has one judged, or did when its life ended and nobody has taken it since. */
async function hadTask(tasks: TaskList, name: string): Promise<boolean> {
  for (const { id, state, owner } of await tasks.list()) {
    if (owner === name && (state === 'in_progress' || state === 'review')) return true;
    if (state !== 'pending') continue;
    if (lostBy((await tasks.get(id)).history) === name) return true;
  }
  return false;
}
