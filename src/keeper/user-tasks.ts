import { mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { hooksOf } from '../extensions/use/hooks-of-team.ts';
import { readTeamExtensions } from '../extensions/use/team-extensions.ts';
import { CoworkError } from '../protocol/errors.ts';
import { FOLDER_MODE } from '../store/folders.ts';
import { replaceFile } from '../store/replace-file.ts';
import { checkedTasksFile } from '../team/paths.ts';
import type { DutyContext } from './duty.ts';
import { unlessUnreachable } from './unreachable.ts';

/** Has hooks look at the tasks of the user, which no agent has created. */
export interface UserTasks {
  /** Until the signal aborts. */
  follow(signal: AbortSignal): Promise<void>;
  /** What the agent's hooks say of a task that they were asked about: why it is refused, or nothing. */
  checked(verdict: { id: string; refused: string }): Promise<void>;
}

/**
 * Passes TaskCreated for tasks that the user adds, by the lead's agent: hooks run in a machine, and adding waits for none. So it is after the
 * fact, and a refusal cancels the task. What was asked about is kept in a file: a task added while no lead was there, or whose hook
 * was killed with its agent, is asked about when the lead is back.
 */
export function createUserTasks(
  of: Pick<DutyContext, 'dir' | 'tasks' | 'mailbox' | 'channel'> & {
    self: Pick<DutyContext['self'], 'role'>;
  },
): UserTasks {
  const { dir, self, tasks, mailbox, channel } = of;
  const isArmed = hooksOf(readTeamExtensions(dir)).some(
    ({ event, whyNot }) => event === 'TaskCreated' && whyNot === null,
  );
  const checked = new Set(readChecked(dir));
  const asked = new Set<string>();
  /** Of these, the ones whose verdict is not here yet. */
  const open = new Set<string>();
  /** Tasks of agents, which their own tool has asked about. */
  const ofOthers = new Set<string>();

  const look = async (): Promise<void> => {
    for (const { id, state } of await tasks.list()) {
      if (CLOSED.includes(state) || checked.has(id) || asked.has(id) || ofOthers.has(id)) continue;
      const { history, ...task } = await tasks.get(id);
      if (history[0]?.by !== 'user') {
        ofOthers.add(id);
        continue;
      }
      asked.add(id);
      open.add(id);
      // Taken as soon as the agent listens; nothing here waits for its verdict.
      void channel.push({ type: 'user-task', task });
    }
  };

  return {
    follow: async (signal) => {
      if (!isArmed || self.role !== 'lead') return;
      for await (const _ of tasks.watch({ signal })) {
        await unlessUnreachable(look);
        signal.throwIfAborted();
      }
    },
    checked: async ({ id, refused }) => {
      if (!open.delete(id)) throw new CoworkError('TASK_UNKNOWN', `No hook was asked about a task ${id}.`);
      if (refused !== '') {
        const reason = `a hook refused it: ${refused}`;
        const outcome = await tasks.cancel({ by: 'team', incarnation: 0, id, reason });
        const how = outcome.ok ? 'is cancelled' : 'stays, as it is over already';
        await mailbox.send({
          ...{ from: 'team', to: 'user', kind: 'notice', incarnation: 0, key: `refused-${id}` },
          text: `The task ${id} that you added ${how}: ${reason}`,
        });
      }
      checked.add(id);
      mkdirSync(dirname(checkedTasksFile(dir)), { recursive: true, mode: FOLDER_MODE });
      await replaceFile(checkedTasksFile(dir), `${JSON.stringify([...checked])}\n`);
    },
  };
}

const CLOSED: readonly string[] = ['completed', 'failed', 'cancelled'];

function readChecked(dir: string): string[] {
  try {
    // Written whole above; the file is 0600 and ours.
    return JSON.parse(readFileSync(checkedTasksFile(dir), 'utf8')) as string[];
  } catch {
    return []; // none yet, or lost with the power: they are asked about once more
  }
}
