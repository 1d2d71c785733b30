import { availableParallelism } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { readAgentRecord } from '../team/agent-record.ts';
import { readTeam } from '../team/team.ts';

/** How many agents may be starting at a time: more take as long together, each longer than its deadlines, and none can begin. */
export const STARTS_AT_ONCE = Math.min(16, 2 * availableParallelism());
/** After so long it is begun all the same, milliseconds: those before may hang. */
const PATIENCE_MS = 120_000;
const LOOK_MS = 200;

/**
 * Waits until an agent that shows itself as starting may begin: when fewer than STARTS_AT_ONCE of those before it on the roster are starting. So a
 * word to everybody does not start all machines at once, and no keeper has to ask another.
 */
export async function startTurn(
  dir: string,
  name: string,
  { signal, onWait }: { signal: AbortSignal; onWait: (ahead: number) => void },
): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (performance.now() < deadline) {
    const ahead = startingBefore(dir, name);
    if (ahead < STARTS_AT_ONCE) return;
    onWait(ahead);
    await delay(LOOK_MS, undefined, { signal });
  }
}

function startingBefore(dir: string, name: string): number {
  const running = readTeam(dir).agents.filter(({ wanted }) => wanted === 'running');
  const before = running.slice(
    0,
    running.findIndex((agent) => agent.name === name),
  );
  return before.filter((agent) => readAgentRecord(dir, agent.name).state === 'starting').length;
}
