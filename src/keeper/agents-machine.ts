import { limitsOf } from '../protocol/limits.ts';
import { builtProgram } from '../store/package-root.ts';
import { templatesFolder } from '../team/paths.ts';
import type { TeamRecord } from '../team/team.ts';
import { findAccelerator } from '../vm/accelerator.ts';
import { findConfinement } from '../vm/confinement.ts';
import { findImage } from '../vm/image/image.ts';
import type { Machine } from '../vm/machine.ts';
import { type StartedMachine, startAgentMachine } from '../vm/start-agent-machine.ts';

/** A machine as the team's agents have them, and how it came to be. */
export interface AgentsMachine extends StartedMachine {
  accelerator: Machine['accelerator'];
  acceleratorReason: string;
  /** Milliseconds since it was begun. */
  sinceStartMs: () => number;
}

/** Starts a machine with the team's image and limits. Throws as `startMachine` does. */
export async function startAgentsMachine(of: {
  home: string;
  team: TeamRecord;
  /** The guest's host name. */
  name: string;
  cols: number;
  rows: number;
  runtimeDir: string;
  signal: AbortSignal;
  onStep: (step: string) => void;
}): Promise<AgentsMachine> {
  const { home, team, name, cols, rows, runtimeDir, signal, onStep } = of;
  onStep('looking for an accelerator');
  // At the same time: it tries a program.
  const confinement = findConfinement();
  confinement.catch(() => {}); // told where it is used
  const { accelerator, reason: acceleratorReason } = await findAccelerator({ home });
  const started = performance.now();
  const limits = limitsOf(team);
  const made = await startAgentMachine({
    templates: templatesFolder(team.images),
    warm: process.env.COWORK_WARM_START !== 'off',
    image: findImage(team.images),
    agentBundle: builtProgram('agent.mjs'),
    accelerator,
    confinement,
    name,
    memoryMiB: limits.memory,
    diskMiB: limits.disk,
    processes: limits.processes,
    nice: limits.nice,
    cols,
    rows,
    runtimeDirectory: runtimeDir,
    signal,
    onStep,
  });
  return {
    ...made,
    ...{ accelerator, acceleratorReason, sinceStartMs: () => Math.round(performance.now() - started) },
  };
}
