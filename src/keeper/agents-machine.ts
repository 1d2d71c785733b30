import { toCoworkError } from '../protocol/errors.ts';
import { limitsOf } from '../protocol/limits.ts';
import { builtProgram } from '../store/package-root.ts';
import { templatesFolder } from '../team/paths.ts';
import type { TeamRecord } from '../team/team.ts';
import { type Accelerator, findAccelerator } from '../vm/accelerator.ts';
import { findConfinement } from '../vm/confinement.ts';
import { findImage } from '../vm/image/image.ts';
import type { Machine } from '../vm/machine.ts';
import { type StartedMachine, startAgentMachine } from '../vm/start-agent-machine.ts';
import type { Spare } from './spare.ts';

/** A machine as the team's agents have them, and how it came to be. */
export interface AgentsMachine extends StartedMachine {
  accelerator: Machine['accelerator'];
  acceleratorReason: string;
  /** Milliseconds since it was begun. */
  sinceStartMs: () => number;
}

interface AgentsMachineOptions {
  home: string;
  team: TeamRecord;
  /** The guest's host name. */
  name: string;
  cols: number;
  rows: number;
  runtimeDir: string;
  signal: AbortSignal;
  onStep: (step: string) => void;
  /** What stood by for it. */
  spare?: Spare | undefined;
}

/** Starts a machine with the team's image and limits, or takes the one that stood by. Throws as `startMachine` does. */
export async function startAgentsMachine(of: AgentsMachineOptions): Promise<AgentsMachine> {
  const { home, team, name, cols, rows, runtimeDir, signal, onStep } = of;
  onStep('looking for an accelerator');
  const { accelerator, reason: acceleratorReason } = await findAccelerator({ home });
  const started = performance.now();
  const made =
    (await claimed(of)) ??
    (await startAgentMachine({
      ...machineOptions(team, accelerator),
      warm: process.env.COWORK_WARM_START !== 'off',
      ...{ name, cols, rows, runtimeDirectory: runtimeDir, signal, onStep },
    }));
  return {
    ...made,
    ...{ accelerator, acceleratorReason, sinceStartMs: () => Math.round(performance.now() - started) },
  };
}

/** What all machines of a team have in common. */
export function machineOptions(team: TeamRecord, accelerator: Accelerator) {
  const { memory, disk, processes, nice } = limitsOf(team);
  // At the same time as the rest: it tries a program.
  const confinement = findConfinement();
  confinement.catch(() => {}); // told where it is used
  return {
    templates: templatesFolder(team.images),
    image: findImage(team.images, team.image),
    agentBundle: builtProgram('agent.mjs'),
    ...{ accelerator, confinement, memoryMiB: memory, diskMiB: disk, processes, nice },
  };
}

/** The machine that stood by, once it is this agent's; undefined when there is none, or it has failed since. */
async function claimed({ spare, signal, onStep }: AgentsMachineOptions): Promise<StartedMachine | undefined> {
  if (spare === undefined) return undefined;
  const { machine, template } = spare;
  spare.follow(onStep);
  try {
    await machine.begun;
    signal.throwIfAborted();
    signal.addEventListener('abort', () => void machine[Symbol.asyncDispose](), { once: true });
    return { machine, start: { how: 'warm', template, stoodBy: true } };
  } catch (error) {
    await machine[Symbol.asyncDispose]();
    signal.throwIfAborted();
    onStep(`the machine that stood by is not used: ${toCoworkError(error).message}`);
    return undefined;
  }
}
