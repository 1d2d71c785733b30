import { mkdir } from 'node:fs/promises';
import { FOLDER_MODE } from '../store/folders.ts';
import { memoryFolder } from '../team/paths.ts';
import { findAgent } from '../team/team.ts';
import { startAgentsMachine } from './agents-machine.ts';
import type { Body, StartBodyOptions } from './body.ts';
import { serveGrants } from './grant-files.ts';
import { servedGrants } from './grant-paths.ts';

/** Runs an agent in a virtual machine of its own, with the granted folders served to it. */
export async function startVmBody(options: StartBodyOptions & { runtimeDir: string }): Promise<Body> {
  const { team, dir, agent, cols, rows, runtimeDir, signal, onStep } = options;
  const { machine, start, ...found } = await startAgentsMachine({
    ...{ home: options.home, team, name: agent, cols, rows, runtimeDir, signal, onStep },
    spare: options.spare,
  });
  const memory = memoryFolder(dir);
  await mkdir(memory, { recursive: true, mode: FOLDER_MODE });
  const files = await serveGrants({
    ...{
      dir,
      agent,
      incarnation: options.incarnation,
      memory,
      grants: servedGrants(findAgent(team, agent), team.grants),
      plugins: await options.plugins,
    },
    ...{ onStop: options.onDeletionStop, log: options.onFileEvent },
  });
  const served = files.server.serve(machine.files);
  // A start that fails ends the machine, which is told by `ended`.
  const mounted = machine.started.then(
    () => {},
    () => {},
  );
  const dispose = async (): Promise<void> => {
    await machine[Symbol.asyncDispose]();
    await served;
    await files.server[Symbol.asyncDispose]();
  };
  return {
    pid: machine.vmPid,
    accelerator: found.accelerator,
    acceleratorReason: found.acceleratorReason,
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
    ready: () => {
      machine.wantFiles();
      return mounted;
    },
    mounted,
    pause: machine.pause,
    sinceStartMs: found.sinceStartMs,
    ended: machine.exited.then(({ reason }) => reason),
    stop: async (deadlineMs) => void (await machine.stop({ deadlineMs })),
    [Symbol.asyncDispose]: dispose,
  };
}
