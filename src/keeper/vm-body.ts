import { mkdir } from 'node:fs/promises';
import { limitsOf } from '../protocol/limits.ts';
import { FOLDER_MODE } from '../store/folders.ts';
import { builtProgram } from '../store/package-root.ts';
import { memoryFolder, templatesFolder } from '../team/paths.ts';
import { findAgent } from '../team/team.ts';
import { findAccelerator } from '../vm/accelerator.ts';
import { findConfinement } from '../vm/confinement.ts';
import { findImage } from '../vm/image/image.ts';
import { startAgentMachine } from '../vm/start-agent-machine.ts';
import type { Body, StartBodyOptions } from './body.ts';
import { serveGrants } from './grant-files.ts';
import { grantsFor } from './grant-paths.ts';

/** Runs an agent in a virtual machine of its own, with the granted folders served to it. */
export async function startVmBody(options: StartBodyOptions & { runtimeDir: string }): Promise<Body> {
  const { team, dir, agent, cols, rows, runtimeDir, signal, onStep } = options;
  onStep('looking for an accelerator');
  // At the same time: it tries a program.
  const confinement = findConfinement();
  confinement.catch(() => {}); // told where it is used
  const { accelerator, reason: acceleratorReason } = await findAccelerator({ home: options.home });
  const started = performance.now();
  const limits = limitsOf(team);
  const { machine, start } = await startAgentMachine({
    templates: templatesFolder(team.images),
    warm: process.env.COWORK_WARM_START !== 'off',
    image: findImage(team.images),
    agentBundle: builtProgram('agent.mjs'),
    accelerator,
    confinement,
    name: agent,
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
  const memory = memoryFolder(dir);
  await mkdir(memory, { recursive: true, mode: FOLDER_MODE });
  const files = await serveGrants({
    ...{
      dir,
      agent,
      incarnation: options.incarnation,
      memory,
      grants: grantsFor(findAgent(team, agent), team.grants),
      plugins: await options.plugins,
    },
    ...{ onStop: options.onDeletionStop, log: options.onFileEvent },
  });
  const served = files.server.serve(machine.files);
  const dispose = async (): Promise<void> => {
    await machine[Symbol.asyncDispose]();
    await served;
    await files.server[Symbol.asyncDispose]();
  };
  return {
    pid: machine.vmPid,
    accelerator,
    acceleratorReason,
    lacks: machine.lacks,
    terminal: {
      onData: (listener) => void machine.console.onData((data) => listener(Buffer.from(data))),
      // It writes bytes as they are, whatever its types say.
      write: (data) => machine.console.write(data as unknown as string),
      pause: () => machine.console.pause(),
      resume: () => machine.console.resume(),
      resize: null,
    },
    gate: machine.gate,
    showGrants: files.show,
    guard: files.guard,
    start,
    // A start that fails ends the machine, which is told by `ended`.
    ready: machine.started.then(
      () => {},
      () => {},
    ),
    pause: machine.pause,
    sinceStartMs: () => Math.round(performance.now() - started),
    ended: machine.exited.then(({ reason }) => reason),
    stop: async (deadlineMs) => void (await machine.stop({ deadlineMs })),
    [Symbol.asyncDispose]: dispose,
  };
}
