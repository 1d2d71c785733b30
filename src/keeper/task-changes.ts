import type { TaskEvent, TaskWithHistory } from '../protocol/task.ts';
import type { DutyContext } from './duty.ts';
import { unlessUnreachable } from './unreachable.ts';

/**
 * Tells an agent what others do to a task that it works on or has given to review, as mail that reaches it between two tool
 * calls: so it does not go on with what was cancelled, and hears what was changed or sent back. Runs until the signal aborts.
 */
export async function followTaskChanges(
  { self, mailbox, tasks }: Pick<DutyContext, 'self' | 'mailbox' | 'tasks'>,
  signal: AbortSignal,
): Promise<void> {
  /** How many events of a task it knows. */
  const known = new Map<string, number>();

  const look = async (): Promise<void> => {
    const mine = (await tasks.list({ owner: self.name })).filter(({ state }) => OPEN.includes(state));
    const ids = new Set(mine.map(({ id }) => id));
    for (const id of new Set([...known.keys(), ...ids])) {
      const task = await tasks.get(id);
      const { history } = task;
      const from =
        known.get(id) ??
        history.findLastIndex(({ event, by }) => event === 'claimed' && by === self.name) + 1;
      for (const [i, event] of history.slice(from).entries()) await tell(task, event, from + i);
      if (ids.has(id)) known.set(id, history.length);
      else known.delete(id);
    }
    const { task } = self.record;
    if (task !== null && !ids.has(task)) self.set({ task: null });
  };

  const tell = async (task: TaskWithHistory, event: TaskEvent, place: number): Promise<void> => {
    const text = event.by === self.name ? undefined : describe(task, event);
    if (text === undefined) return;
    await mailbox.send({
      ...{ from: 'team', to: self.name, kind: 'notice', text, incarnation: 0 },
      key: `change-${task.id}-${place}-of-${self.name}`,
    });
  };

  for await (const _ of tasks.watch({ signal })) {
    await unlessUnreachable(look);
    signal.throwIfAborted();
  }
}

const OPEN: readonly string[] = ['in_progress', 'review'];

/** Subjects and reasons are words of others, and quoted. */
function describe(
  { id, subject, state, result }: TaskWithHistory,
  { by, event, detail }: TaskEvent,
): string | undefined {
  const task = `${id} (${JSON.stringify(subject)})`;
  const why = detail === '' || detail === `by ${by}` ? '' : `: ${JSON.stringify(detail)}`;
  switch (event) {
    case 'edited':
      return `${by} has changed ${task}${why}. It is still yours; read it again with task_get.`;
    case 'cancelled':
      return `${by} has cancelled ${task}${why}. Do not go on with it.`;
    case 'released':
      return `${by} has taken ${task} back from you${why}. Do not go on with it.`;
    case 'failed':
      return `${by} has settled ${task} as failed. Do not go on with it.`;
    case 'completed':
      return `${by} has settled ${task} as completed. Do not go on with it.`;
    case 'in_progress':
      return state === 'in_progress'
        ? `${by} has sent ${task} back to you. Its result now says ${JSON.stringify(result ?? '')}. Go on with it.`
        : undefined;
    default:
      return undefined;
  }
}
