import { toCoworkError } from '../protocol/errors.ts';
import { type Machine, startMachine } from './machine.ts';
import type { MachineOptions } from './machine-options.ts';
import { discardTemplate, ensureTemplate, readyTemplate } from './template/ensure.ts';
import { MEMORY_MIB } from './template/request.ts';
import type { Template } from './template/template.ts';

/** How a machine came to be: from a template, or booted, and why. */
export interface StartedMachine {
  machine: Machine;
  start: { how: 'warm'; template: string; stoodBy?: true } | { how: 'cold'; because: string };
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

/**
 * A machine that stands by: restored from the template, warmed up and stopped, nobody's until it is begun. Undefined while there is no template, which is then
 * for the next agent to make. Throws as `startMachine` does.
 */
export async function startSpareMachine({
  templates,
  ...options
}: Omit<MachineOptions, 'memory'> & { templates: string }): Promise<
  { machine: Machine; template: string } | undefined
> {
  const { image, agentBundle, accelerator, memoryMiB = MEMORY_MIB } = options;
  const template = await readyTemplate(templates, { image, agentBundle, accelerator, memoryMiB });
  if (template === undefined) return undefined;
  const { memory: file, state, key } = template;
  const machine = await startMachine({
    ...options,
    memory: { birth: 'restore', file, state, isSpare: true },
  });
  return { machine, template: key };
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
    // Killed from outside, or too slow on a busy host, says nothing about the template, which proved itself when it was made.
    const saysNothing = code === 'VM_START_TIMEOUT' || /by signal/.test(message);
    if (template !== undefined && !saysNothing) discardTemplate(template);
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
