import { readTeam } from '../team/team.ts';
import { type Act, type Duty, type DutyContext, MAX_NUDGES } from './duty.ts';

/**
 * The lead's duty: it sleeps until a task of somebody else is completed or fails, and does not go to sleep for ever
 * while the job is open and nobody works on it.
 */
export function leadDuty(context: DutyContext): Duty {
  const { dir, self, tasks, channel, hasMail, fail } = context;
  let revision: number | undefined;
  let acts = new Set<Act>();
  let nudges = 0;

  const tellNews = async (): Promise<void> => {
    // What was settled before this life of the lead is on the list, which it looks at when it is restored.
    if (revision === undefined) {
      revision = (await tasks.eventsSince(0)).revision;
      return;
    }
    const { revision: next, events } = await tasks.eventsSince(revision);
    revision = next;
    for (const { task: id, event, by } of events) {
      if (by === self.name || (event !== 'completed' && event !== 'failed')) continue;
      const { history: _, ...task } = await tasks.get(id);
      nudges = 0;
      await channel.push({ type: 'news', news: { type: `task_${event}`, task } });
    }
  };

  return {
    run: async (signal) => {
      for await (const _ of tasks.watch({ signal })) {
        await tellNews();
        signal.throwIfAborted();
      }
    },
    idle: async () => {},
    mailSeen: () => {},
    acted: (act) => {
      acts.add(act);
      nudges = 0;
    },
    turnEnded: async ({ text, outcome }) => {
      const done = acts;
      acts = new Set();
      if (done.has('job finished') || readTeam(dir).phase !== 'running') return;
      if (outcome === 'failed') return fail(text);
      if (outcome === 'limit') return fail('the limit of model replies is reached');
      if (outcome === 'interrupted' || hasMail()) return;
      // It has asked somebody, the user perhaps, and may wait for the answer as long as that takes.
      if (done.has('message')) return;
      const open = (await tasks.list()).filter(({ state }) =>
        ['pending', 'in_progress', 'review'].includes(state),
      );
      if (open.length > 0) return;
      if (nudges >= MAX_NUDGES)
        return fail(`the lead stopped without finishing the job. Its last words: ${text}`);
      nudges++;
      await channel.push({
        type: 'nudge',
        text: 'No task is open and you have ended your turn. Verify the result and call finish_job, or add the tasks that are missing.',
      });
    },
  };
}
