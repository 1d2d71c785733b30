import { closeAlert, raiseAlert, WAITS_FOR_USER } from '../team/alerts.ts';
import { readTeam } from '../team/team.ts';
import { type Act, type Duty, type DutyContext, MAX_NUDGES } from './duty.ts';
import { unlessUnreachable } from './unreachable.ts';

/**
 * The lead's duty: it sleeps until a task of somebody else is completed or fails. When it does so while the job is open
 * and nobody works on it, it is reminded; then the team waits for the user, who is told by an alert.
 */
export function leadDuty(context: DutyContext): Duty {
  const { dir, self, tasks, channel, hasMail, fail } = context;
  let revision: number | undefined;
  let acts = new Set<Act>();
  let nudges = 0;
  let waitsForUser = false;

  const goOn = (): void => {
    nudges = 0;
    if (!waitsForUser) return;
    waitsForUser = false;
    // An alert that could not be closed, on a full disk say, is closed the next time.
    void closeAlert(dir, self.name, WAITS_FOR_USER).catch(() => {
      waitsForUser = true;
    });
  };

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
      goOn();
      await channel.push({ type: 'news', news: { type: `task_${event}`, task } });
    }
  };

  return {
    run: async (signal) => {
      for await (const _ of tasks.watch({ signal })) {
        await unlessUnreachable(tellNews);
        signal.throwIfAborted();
      }
    },
    idle: async () => {
      if (waitsForUser)
        self.set({ state: 'waiting', reason: 'for you: the job is open and nobody works on it' });
    },
    mailSeen: goOn,
    acted: (act) => {
      acts.add(act);
      goOn();
    },
    turnEnded: async ({ text, outcome }) => {
      const done = acts;
      acts = new Set();
      if (done.has('job finished') || readTeam(dir).phase !== 'running') return;
      if (outcome === 'failed') return fail(text);
      if (outcome === 'interrupted' || outcome === 'stopped' || hasMail()) return;
      // It has asked somebody, the user perhaps, and may wait for the answer as long as that takes.
      if (done.has('message')) return;
      const open = (await tasks.list()).filter(({ state }) =>
        ['pending', 'in_progress', 'review'].includes(state),
      );
      if (open.length > 0) return;
      if (nudges >= MAX_NUDGES) {
        waitsForUser = true;
        const words = `the lead has stopped and not finished the job; send it what to do, or stop the team. Its last words: ${text}`;
        return raiseAlert(dir, self.name, WAITS_FOR_USER, words);
      }
      nudges++;
      await channel.push({
        type: 'nudge',
        text: 'No task is open and you have ended your turn. Verify the result and call finish_job, or add the tasks that are missing.',
      });
    },
  };
}
