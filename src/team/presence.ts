import type { AgentStatus } from '../protocol/team.ts';
import type { Backend } from '../store/backend.ts';

/** How the agents of one host are, as its supervisor last said it to the others. */
export interface Presence {
  v: 1;
  /** Rises each time: what does not rise any more is not heard from. */
  beat: number;
  agents: AgentStatus[];
}

const cellOf = (backend: Backend, host: string) => backend.cell(`team/hosts/${host}.json`);

export function writePresence(backend: Backend, host: string, presence: Presence): Promise<void> {
  return cellOf(backend, host).settle(JSON.stringify(presence));
}

/** Undefined before a host has said anything, or when it is not to be understood. */
export async function readPresence(backend: Backend, host: string): Promise<Presence | undefined> {
  const text = await cellOf(backend, host).read();
  try {
    const value = JSON.parse(text ?? 'null') as Presence | null; // what is used of it is checked
    return value?.v === 1 && Array.isArray(value.agents) ? value : undefined;
  } catch {
    return undefined; // of another version, or of no cowork
  }
}
