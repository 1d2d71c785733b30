import type { Backend } from '../store/backend.ts';
import { isUnseen } from './inbox-state.ts';
import { type InboxView, openInboxView } from './inbox-view.ts';

/** Opens a view of an inbox that begins at the newest base in front of which all is seen. */
export async function openAtUnseen(backend: Backend, agent: string): Promise<InboxView> {
  const newest = openInboxView(backend, agent);
  const marks = await newest.readMarks();
  const base = (await newest.bases()).findLast(({ state }) => state.count <= marks.seen.upTo);
  return openInboxView(backend, agent, base ?? 'start');
}

/** How many messages an agent has not seen and may still see. */
export async function countUnseen(backend: Backend, agent: string): Promise<number> {
  const view = await openAtUnseen(backend, agent);
  const { messages } = await view.refresh();
  const marks = await view.readMarks();
  return messages.filter(({ seq, record }) => isUnseen(seq, view.state(), record.id, marks)).length;
}
