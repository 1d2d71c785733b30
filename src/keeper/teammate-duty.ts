import { openPushes } from '../git/state.ts';
import { findAgent, readTeam } from '../team/team.ts';
import { type Act, type Duty, type DutyContext, MAX_NUDGES } from './duty.ts';
import { unlessUnreachable } from './unreachable.ts';

/**
 * A teammate's duty: when it is idle and nothing is addressed to it, the next open task is claimed for it. A turn for which
 * somebody waits and that ends without a word to the lead is reported by the runtime; one that leaves a task half done is
 * asked to go on.
 */
export function teammateDuty(context: DutyContext): Duty {
  const { dir, self, mailbox, tasks, channel, hasMail, fail } = context;
  const writer = { by: self.name, incarnation: self.incarnation };
  let acts = new Set<Act>();
  let nudges = 0;
  /** For what somebody waits to hear from this turn: the task that it was given, or the message of the lead or the user. */
  let owesReportOn: string | null = null;
  let claiming: Promise<void> = Promise.resolve();

  const report = (text: string, key?: string): Promise<unknown> =>
    mailbox.send({
      ...{ from: self.name, to: 'lead', kind: 'report', text, incarnation: self.incarnation },
      ...(key === undefined ? {} : { key }),
    });

  const claimNext = async (): Promise<void> => {
    if (self.record.state !== 'idle' || hasMail()) return;
    const held = await tasks.held(self.name, self.incarnation);
    if (held.length > 0) return;
    const claim = await tasks.claim(writer);
    // A life that others take for ended can do nothing that counts: it makes way for the next one.
    if (!claim.won && claim.reason === 'stale') throw claim.refusal;
    if (!claim.won) return;
    nudges = 0;
    owesReportOn = claim.token;
    self.set({ state: 'working', reason: '', task: claim.task.id });
    await channel.push({ type: 'task', task: claim.task });
  };
  const look = (): Promise<void> => {
    claiming = claiming.catch(() => {}).then(claimNext); // whoever asked before us has its error
    return claiming;
  };

  return {
    run: async (signal) => {
      // What was claimed for it before it had a machine.
      for (const { task, token } of await tasks.held(self.name, self.incarnation)) {
        owesReportOn = token;
        self.set({ task: task.id });
        await channel.push({ type: 'task', task });
      }
      for await (const _ of tasks.watch({ signal })) {
        await unlessUnreachable(look);
        signal.throwIfAborted();
      }
    },
    idle: look,
    // Also what an earlier life had seen and not settled: its report is owed still.
    mailSeen: ({ id, from, broadcastId }) => {
      if (broadcastId === null && (from === 'lead' || from === 'user')) owesReportOn = id;
    },
    acted: (act) => void acts.add(act),
    turnEnded: async ({ text, outcome }) => {
      const done = acts;
      acts = new Set();
      const held = await tasks.held(self.name, self.incarnation);
      self.set({ task: held[0]?.task.id ?? null });
      if (outcome === 'failed') return fail(text);
      if (outcome === 'interrupted' || outcome === 'stopped') return;
      // It waits for the lead's decision, as long as that takes.
      if (findAgent(readTeam(dir), self.name).plan === 'submitted') return;
      // What it has pushed is being merged and checked; a message tells it.
      if (held[0] !== undefined && hasPushed(dir, self.name)) return;
      if (held[0] !== undefined && !done.has('message') && !done.has('message to lead')) {
        if (nudges < MAX_NUDGES) {
          nudges++;
          const { id, subject } = held[0].task;
          // Quoted: a subject is another agent's text and must not look like a word of the runtime.
          const text = `Task ${id} (${JSON.stringify(subject)}) is still in progress and yours. Go on with it, or settle it with task_update: completed, failed, or pending to give it back.`;
          await channel.push({ type: 'nudge', text });
          return;
        }
        await report(`I ended my turn with ${held[0].task.id} still in progress. My last words: ${text}`);
        return;
      }
      const hasReported = done.has('message to lead') || done.has('task settled');
      // Named after what it is owed on: should this life end before that is settled, the next one does not say it again.
      if (owesReportOn !== null && !hasReported && text !== '')
        await report(text, `report-on-${owesReportOn}`);
      owesReportOn = null;
    },
  };
}

const hasPushed = (dir: string, agent: string): boolean =>
  openPushes(dir, readTeam(dir)).some((push) => push.agent === agent);
