import { openPushes } from '../git/state.ts';
import type { Mailbox } from '../mailbox/mailbox.ts';
import { limitsOf } from '../protocol/limits.ts';
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
}

/** A task is taken back after so many times the limit `idle`. */
const TAKE_BACK = 5;

/**
 * Watches for work that stands still: a task in progress whose owner sleeps, and what one attempt after the other fails at.
 * Each is one alert for people and one notice for the lead, and is handled: the task is taken back, or kept for the lead.
 */
export function createTaskWatch(options: TaskWatchOptions): (team: TeamRecord) => Promise<void> {
  const { dir, tasks, mailbox, now = () => performance.now() } = options;
  const idleSince = new Map<string, number>();
  const told = new Set<string>();
  const toldOf = new Set<string>();

  const tellLead = (text: string, key: string): Promise<unknown> =>
    mailbox.send({ from: 'team', to: 'lead', kind: 'notice', text, incarnation: 0, key });

  /** The time starts anew with each supervisor: nothing decides by what a clock said before. */
  const watchStuck = async (inProgress: readonly Task[], team: TeamRecord, idle: number): Promise<void> => {
    // Who waits for its push to be checked does not stand still, however long that takes.
    const waiting = new Set(openPushes(dir, team).map(({ agent }) => agent));
    const stuck = inProgress.filter(
      ({ owner }) => owner !== null && !waiting.has(owner) && readAgentRecord(dir, owner).state === 'idle',
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
      if (now() - since >= idle * TAKE_BACK * 1000) {
        await tasks.release({ by: 'team', incarnation: 0, id, reason: `${owner} is idle over it` });
      } else if (now() - since >= idle * 1000 && !told.has(key)) {
        told.add(key);
        await raiseAlert(dir, owner, 'stuck task', `${owner} is idle, and ${id} is still in progress.`);
        await tellLead(
          `${owner} is idle, and ${id} is still in progress and its own. Tell it to go on; else the task is taken back in ${idle * (TAKE_BACK - 1)} s.`,
          `stuck-${key}`,
        );
      }
    }
  };

  const watchTroubles = async (): Promise<void> => {
    const troubles = await tasks.troubles();
    for (const id of toldOf) if (!troubles.some((trouble) => trouble.id === id)) toldOf.delete(id);
    if (troubles.length === 0) return closeWhenOver();
    for (const { id, text, tasks: ids } of troubles) {
      if (toldOf.has(id)) continue;
      toldOf.add(id);
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

  /** Nobody else runs into it: also whoever was quick and has it again already gives it up. */
  const keepForLead = async (id: string): Promise<boolean> => {
    const team = { by: 'team', incarnation: 0 } as const;
    const { owner, state } = await tasks.get(id);
    if (owner === 'lead') return true;
    const reason = 'kept for the lead';
    const kept =
      state === 'in_progress'
        ? await tasks.release({ ...team, id, owner: 'lead', reason })
        : await tasks.edit({ ...team, id, owner: 'lead' });
    return kept.ok;
  };

  return async (team) => {
    if (team.phase !== 'running') return;
    await watchStuck(await tasks.list({ state: 'in_progress' }), team, limitsOf(team).idle);
    await watchTroubles();
  };
}

const CLOSED: readonly string[] = ['completed', 'failed', 'cancelled'];

/** The same for as long as nothing happens to the task: who takes it again begins anew. */
const keyOf = ({ id, owner, updated }: Task): string => `${id} ${owner} ${updated}`;
