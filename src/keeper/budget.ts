import type { Upstream } from '../model/upstream.ts';
import { CoworkError } from '../protocol/errors.ts';
import { watchFolder } from '../store/watch.ts';
import { closeAlert, raiseAlert } from '../team/alerts.ts';
import { askApproval, listApprovals, settleOtherwise } from '../team/approvals.ts';
import { agentCaps, type Cap, describeCap, isNear, isReached, teamCaps, wayOn } from '../team/caps.ts';
import { readTeam, type TeamRecord } from '../team/team.ts';
import type { Self } from './self.ts';

interface BudgetOptions {
  dir: string;
  self: Self;
  /** Told once when a limit of this agent, not of the team, is reached. */
  onPaused: (why: string) => Promise<void>;
}

/** Messages are refused where they are sent; every other limit holds back requests to the model. */
const HOLDS: Cap['what'][] = ['USD', 'tokens', 'minutes', 'turns'];

/**
 * The same upstream within the limits of agent and team. At 80 % people are warned, once. At 100 % the next request is held
 * back, not refused: the agent waits in it, whatever it is doing, and goes on when the limit is raised. What the guest
 * believes of its limits does not matter.
 */
export function budgeted(upstream: Upstream, { dir, self, onPaused }: BudgetOptions): Upstream {
  const look = async (): Promise<Cap | undefined> => {
    await self.settle(); // the sums are read from the files
    const team = readTeam(dir);
    const caps = [...teamCaps(dir, team, Date.now()), ...agentCaps(dir, team, self.name)];
    const reached = caps.find((cap) => HOLDS.includes(cap.what) && isReached(cap));
    for (const cap of caps) {
      if (isNear(cap) && !isReached(cap)) {
        await raiseAlert(
          dir,
          cap.agent,
          `budget of ${cap.what} nearly used`,
          `${describeCap(cap)} are used.`,
        );
      }
    }
    return reached;
  };

  const pass = async (signal: AbortSignal): Promise<void> => {
    let held = await look();
    if (held === undefined) return;
    const before = self.record.state;
    const { name } = readTeam(dir);
    const why = `paused: ${describeCap(held)} are used`;
    await raiseAlert(dir, held.agent, `budget of ${held.what}`, `${why}. Go on with: ${wayOn(held, name)}`);
    if (held.agent !== null) await onPaused(`${why}. Only the user can raise that.`);
    self.set({ state: 'waiting', reason: `${why}; go on with: ${wayOn(held, name)}` });
    const waitedFor = held;
    const request = await askAboutBudget(dir, held, self.record.incarnation);
    for await (const _ of watchFolder(dir, { signal, rescanMs: RESCAN_MS })) {
      held = await look();
      if (held === undefined) break;
    }
    signal.throwIfAborted();
    // Raised by the answer, or by a command.
    if (request !== undefined) await settleOtherwise(dir, request, 'allowed', 'the limit was raised');
    await closeAlert(dir, waitedFor.agent, `budget of ${waitedFor.what}`);
    await closeAlert(dir, waitedFor.agent, `budget of ${waitedFor.what} nearly used`);
    self.set({ state: before, reason: '' });
  };

  return {
    kind: upstream.kind,
    label: upstream.label,
    send: async (request) => {
      if (request.path === '/v1/messages') {
        await pass(request.signal);
        self.count('turns', 1);
      }
      return upstream.send(request);
    },
    [Symbol.asyncDispose]: () => upstream[Symbol.asyncDispose](),
  };
}

/**
 * Asks the user to raise a limit that is reached; returns the id of the request. Undefined when they have said no to that, or let the time go by:
 * then only a command raises it.
 */
async function askAboutBudget(dir: string, cap: Cap, incarnation: number): Promise<string | undefined> {
  const { what, agent, limit } = cap;
  const proposed = limit * 2;
  const before = listApprovals(dir).findLast(
    ({ kind, detail }) =>
      kind === 'budget' && detail.what === what && detail.agent === agent && detail.limit === limit,
  );
  if (before !== undefined && before.state !== 'open' && before.note !== 'the limit was raised')
    return undefined;
  const { id } = await askApproval(dir, {
    ...{ kind: 'budget', agent: agent ?? 'team', incarnation: agent === null ? 0 : incarnation },
    what: `raise ${what} of ${agent ?? 'the team'} from ${limit} to ${proposed}`,
    why: `${describeCap(cap)} are used. ${agent ?? 'Whoever asks the model'} is held back until then; the rest goes on.`,
    detail: { what, agent, limit, proposed },
  });
  return id;
}

/** Throws BUDGET_REACHED when the agents of a team have sent as many messages as they may. */
export function assertMaySend(dir: string, team: TeamRecord): void {
  const cap = teamCaps(dir, team, Date.now()).find(({ what }) => what === 'messages');
  if (cap === undefined || !isReached(cap)) return;
  throw new CoworkError('BUDGET_REACHED', `${describeCap(cap)} are sent.`, {
    hint: `Write what matters into your task's result. The user can raise it: ${wayOn(cap, team.name)}`,
  });
}

const RESCAN_MS = 2_000;
