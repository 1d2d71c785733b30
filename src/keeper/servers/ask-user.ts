import type { ElicitAnswer, Elicitation } from '../../extensions/servers/client.ts';
import { describeForm } from '../../extensions/servers/form.ts';
import type { Approval } from '../../protocol/approval.ts';
import { askApproval, listApprovals, openApprovals, settleOtherwise } from '../../team/approvals.ts';

/** How long a form or an address waits for the user, milliseconds. */
const OPEN_MS = 3_600_000;

interface AskContext {
  dir: string;
  agent: string;
  incarnation: number;
}

/** What servers ask of the user, by way of the inbox of requests. */
export interface UserForms {
  ask(server: string, asked: Elicitation, signal: AbortSignal): Promise<ElicitAnswer>;
  /** A request was answered. */
  answered(approval: Approval): void;
}

export const isOfServers = ({ kind }: Pick<Approval, 'kind'>): boolean => kind === 'form' || kind === 'page';

export function createUserForms(context: AskContext): UserForms {
  const { dir, agent, incarnation } = context;
  const waiting = new Map<string, Set<(answer: ElicitAnswer) => void>>();
  const answered = ({ id, state, result }: Approval): void => {
    const content = result.content as Extract<ElicitAnswer, { action: 'accept' }>['content'];
    for (const resolve of waiting.get(id) ?? [])
      resolve(
        state === 'allowed'
          ? { action: 'accept', ...(content === undefined ? {} : { content }) }
          : { action: state === 'denied' ? 'decline' : 'cancel' },
      );
  };
  return {
    answered,
    ask: async (server, { message, fields, required, url }, signal) => {
      const { id } = await askApproval(dir, {
        ...{ agent, incarnation, timeoutMs: OPEN_MS },
        kind: url === null ? 'form' : 'page',
        what: `${server}: ${message.replaceAll(/\s+/g, ' ').slice(0, 500)}`,
        why:
          url === null
            ? `The MCP server ${server} asks you, not the agent. Its fields:\n${describeForm(fields ?? {}, required)}`
            : `The MCP server ${server} wants you to open this address yourself, and to allow when you have:\n${url}`,
        detail: { server, fields, required, url },
      });
      const { promise, resolve } = Promise.withResolvers<ElicitAnswer>();
      const others = waiting.get(id) ?? new Set();
      waiting.set(id, others.add(resolve));
      const give = (): void => resolve({ action: 'cancel' });
      signal.addEventListener('abort', give, { once: true });
      if (signal.aborted) give();
      // The user, or a rule of theirs, may have been faster than we are: nobody tells of that any more.
      const now = listApprovals(dir).find((approval) => approval.id === id);
      if (now !== undefined && now.state !== 'open') answered(now);
      try {
        return await promise;
      } finally {
        signal.removeEventListener('abort', give);
        others.delete(resolve);
        if (others.size === 0) waiting.delete(id);
        // Nobody waits for the answer any more.
        if (signal.aborted && others.size === 0) await withdraw(context, id);
      }
    },
  };
}

/** Takes back what servers of earlier lives have asked: they are gone. */
export async function withdrawOld(context: AskContext): Promise<void> {
  for (const approval of openApprovals(context.dir))
    if (
      isOfServers(approval) &&
      approval.agent === context.agent &&
      approval.incarnation < context.incarnation
    )
      await withdraw(context, approval.id);
}

async function withdraw({ dir }: AskContext, id: string): Promise<void> {
  await settleOtherwise(dir, id, 'expired', 'nobody waits for it any more');
}
