import type { Task } from '../../protocol/task.ts';
import type { TaskList } from '../../tasklist/tasklist.ts';
import type { TimelineItem } from '../shapes.ts';

/** The task list of a team, kept up by reading what is new. */
export interface TaskSource {
  /** Tasks that are new or changed since the last look, and what happened to them. */
  look(): Promise<{ tasks: Task[]; items: TimelineItem[] }>;
  all(): Task[];
}

/** Opens a task list for reading. */
export function openTaskSource(list: TaskList): TaskSource {
  const known = new Map<string, { task: Task; text: string; steps: number }>();
  return {
    all: () => [...known.values()].map(({ task }) => task),
    look: async () => {
      const tasks: Task[] = [];
      const items: TimelineItem[] = [];
      for (const task of await list.list()) {
        const text = JSON.stringify(task);
        const before = known.get(task.id);
        if (before?.text === text) continue;
        const { history } = await list.get(task.id);
        for (const [index, { at, by, event, detail }] of history.entries()) {
          if (index < (before?.steps ?? 0)) continue;
          const what = event === 'created' ? task.subject : detail === `by ${by}` ? '' : detail;
          const said = `${task.id} ${event}${what === '' ? '' : `: ${what}`}`;
          items.push({ key: `t${task.id}.${index}`, at, kind: 'task', who: by, text: said });
        }
        known.set(task.id, { task, text, steps: history.length });
        tasks.push(task);
      }
      return { tasks, items };
    },
  };
}
