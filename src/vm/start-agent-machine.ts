import { toCoworkError } from '../protocol/errors.ts';
import { type Machine, type MachineOptions, startMachine } from './machine.ts';
import { discardTemplate, ensureTemplate } from './template/ensure.ts';
import { MEMORY_MIB } from './template/request.ts';
import type { Template } from './template/template.ts';

/** How a machine came to be: from a template, or booted, and why. */
export interface StartedMachine {
  machine: Machine;
  start: { how: 'warm'; template: string } | { how: 'cold'; because: string };
}

export type AgentMachineOptions = Omit<MachineOptions, 'memory' | 'onStep'> & {
  /** Folder of the templates. */
  templates: string;
  /** False boots cold, for comparison. */
  warm: boolean;
  onStep: (step: string) => void;
};

/**
 * Starts an agent's machine from the template, which is made first when it is missing, and boots one cold when that can't be done, saying why. Returns when the
 * machine is somebody's. Throws as `startMachine` does.
 */
export async function startAgentMachine(options: AgentMachineOptions): Promise<StartedMachine> {
  const { templates, warm, onStep, ...rest } = options;
  const machineOptions: MachineOptions = { ...rest, onStep: ({ name }) => onStep(name) };
  const because = warm
    ? await startWarm(machineOptions, templates, onStep)
    : 'it was asked for (COWORK_WARM_START=off)';
  if (typeof because !== 'string') return because;
  onStep(`booting cold: ${because}`);
  const machine = await startMachine(machineOptions);
  return { machine, start: { how: 'cold', because } };
}

/** The machine, or why there is none. */
async function startWarm(
  options: MachineOptions,
  folder: string,
  onStep: (step: string) => void,
): Promise<StartedMachine | string> {
  const { image, agentBundle, accelerator, memoryMiB = MEMORY_MIB, signal, runtimeDirectory } = options;
  let template: Template | undefined;
  try {
    template = await ensureTemplate(
      folder,
      { image, agentBundle, accelerator, memoryMiB },
      { onStep, signal, runtimeDirectory },
    );
    return { machine: await restore(options, template), start: { how: 'warm', template: template.key } };
  } catch (thrown) {
    signal?.throwIfAborted();
    const { code, message } = toCoworkError(thrown);
    if (code === 'QEMU_MISSING') throw thrown;
    // Killed from outside says nothing about the template.
    if (template !== undefined && !/by signal/.test(message)) discardTemplate(template);
    return message;
  }
}

async function restore(options: MachineOptions, { memory, state }: Template): Promise<Machine> {
  const machine = await startMachine({ ...options, memory: { birth: 'restore', file: memory, state } });
  try {
    await machine.begun;
    return machine;
  } catch (error) {
    await machine[Symbol.asyncDispose]();
    throw error;
  }
}
