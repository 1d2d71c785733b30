import type { Mailbox } from '../mailbox/mailbox.ts';
import type { Task } from '../protocol/task.ts';
import type { TaskList } from '../tasklist/tasklist.ts';
import { readAgentRecord } from '../team/agent-record.ts';
import { closeAlert, openAlerts, raiseAlert } from '../team/alerts.ts';
import type { TeamRecord } from '../team/team.ts';

interface TaskWatchOptions {
  dir: string;
  tasks: TaskList;
  mailbox: Mailbox;
  /** Milliseconds since some fixed moment. */
  now?: () => number;
  /** How long an owner may be idle over a task before people are told, and before the task is taken back. */
  tellAfterMs?: number;
  takeBackAfterMs?: number;
}

/**
 * Watches for work that stands still: a task in progress whose owner sleeps, and what one attempt after the other fails at.
 * Each is one alert for people and one notice for the lead, and is handled: the task is taken back, or kept for the lead.
 */
export function createTaskWatch(options: TaskWatchOptions): (team: TeamRecord) => Promise<void> {
  const { dir, tasks, mailbox, now = () => performance.now() } = options;
  const { tellAfterMs = 60_000, takeBackAfterMs = 300_000 } = options;
  const idleSince = new Map<string, number>();
  const told = new Set<string>();

  const tellLead = (text: string, key: string): Promise<unknown> =>
    mailbox.send({ from: 'team', to: 'lead', kind: 'notice', text, incarnation: 0, key });

  /** The time starts anew with each supervisor: nothing decides by what a clock said before. */
  const watchStuck = async (inProgress: readonly Task[]): Promise<void> => {
    const stuck = inProgress.filter(
      ({ owner }) => owner !== null && readAgentRecord(dir, owner).state === 'idle',
    );
    const present = new Set(stuck.map(keyOf));
    for (const [key] of idleSince) {
      if (present.has(key)) continue;
      idleSince.delete(key);
      await closeAlert(dir, key.split(' ')[1] ?? null, 'stuck task');
    }
    for (const task of stuck) {
      const { id, owner } = task;
      const key = keyOf(task);
      const since = idleSince.get(key) ?? now();
      idleSince.set(key, since);
      if (now() - since >= takeBackAfterMs) {
        await tasks.release({ by: 'team', incarnation: 0, id, reason: `${owner} is idle over it` });
      } else if (now() - since >= tellAfterMs && !told.has(key)) {
        told.add(key);
        await raiseAlert(dir, owner, 'stuck task', `${owner} is idle, and ${id} is still in progress.`);
        await tellLead(
          `${owner} is idle, and ${id} is still in progress and its own. Tell it to go on; else the task is taken back in ${Math.round((takeBackAfterMs - tellAfterMs) / 60_000)} min.`,
          `stuck-${key}-${task.updated}`,
        );
      }
    }
  };

  const watchTroubles = async (): Promise<void> => {
    const troubles = await tasks.troubles();
    if (troubles.length === 0) return closeWhenOver();
    for (const { id, text, tasks: ids } of troubles) {
      if (told.has(id)) continue;
      told.add(id);
      await raiseAlert(dir, null, 'pile-up', text);
      const kept = id.startsWith('lost ') ? await keepForLead(ids[0] ?? '') : false;
      const next = kept
        ? 'It is kept for you now: change it, split it, or cancel it.'
        : 'Find the cause before more agents run into it.';
      await tellLead(`${text} ${next}`, `trouble-${id}-${ids.join('-')}`);
    }
  };

  /** What was done about a pile-up ends it for the list; for people it is over when its tasks are. */
  const closeWhenOver = async (): Promise<void> => {
    const alert = openAlerts(dir).find(({ kind }) => kind === 'pile-up');
    if (alert === undefined) return;
    const ids: readonly string[] = alert.text.match(/\bt\d+\b/g) ?? [];
    const open = (await tasks.list()).filter(({ id, state }) => ids.includes(id) && !CLOSED.includes(state));
    if (open.length === 0) await closeAlert(dir, null, 'pile-up');
  };

  /** Whoever has it now may finish; nobody else runs into it after that. */
  const keepForLead = async (id: string): Promise<boolean> => {
    const team = { by: 'team', incarnation: 0 } as const;
    return (await tasks.edit({ ...team, id, owner: 'lead' })).ok;
  };

  return async (team) => {
    if (team.phase !== 'running') return;
    await watchStuck(await tasks.list({ state: 'in_progress' }));
    await watchTroubles();
  };
}

const CLOSED: readonly string[] = ['completed', 'failed', 'cancelled'];

const keyOf = ({ id, owner }: Task): string => `${id} ${owner}`;
