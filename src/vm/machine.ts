import { writeFileSync } from 'node:fs';
import type net from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { IPty } from 'node-pty';
import { CoworkError } from '../protocol/errors.ts';
import { type Accelerator, isOnPath, QEMU } from './accelerator.ts';
import { BootProgress, type BootStep } from './boot-progress.ts';
import { buildCell } from './cell.ts';
import { type Confinement, findConfinement } from './confinement.ts';
import { guestOrders } from './guest-orders.ts';
import { startingInitrd } from './guest-programs.ts';
import { exitReason, type MachineExit } from './machine-exit.ts';
import type { MachineOptions } from './machine-options.ts';
import { createPause, type Pause } from './pause.ts';
import { openPorts, type PortName, type Ports } from './ports.ts';
import { type Birth, qemuArguments, STATE_FD } from './qemu-arguments.ts';
import { startQemu } from './qemu-process.ts';
import { connectQmp, type Qmp } from './qmp.ts';
import { loadState, openSavePort, saveState } from './saved-state.ts';
import { startFailure } from './start-failure.ts';
import { readStatus } from './status-port.ts';
import { MEMORY_MIB } from './template/request.ts';

/** A running machine. Ending its process, its sockets and its folder is up to `stop` or disposal; they also go when the machine ends by itself. */
export interface Machine extends AsyncDisposable {
  readonly vmPid: number;
  readonly accelerator: Accelerator;
  /** What of its confinement could not be had, in words. */
  readonly lacks: readonly string[];
  /** The agent's terminal (hvc0). Its `onData` gives text as it comes; `write` types. */
  readonly console: IPty;
  /** Host end of `/run/cowork/gate.sock`; flows once somebody reads it. */
  readonly gate: net.Socket;
  /** Host end of the guest's 9P client; flows once somebody reads it: the file server answers on it. */
  readonly files: net.Socket;
  readonly qmp: Qmp;
  /** Steps reached so far. */
  readonly steps: readonly BootStep[];
  /** From the start of QEMU to the first byte of the console, milliseconds; resolves when it came, never when it does not. */
  readonly firstByteMs: Promise<number>;
  /** Stops the processor while nothing runs, see there. */
  readonly pause: Pause;
  /** Makes a machine that stands by somebody's, with fresh randomness and the time, and lets it go on. */
  begin(who: Pick<MachineOptions, 'name' | 'cols' | 'rows'>): Promise<void>;
  /** Somebody is about to need the folders: has a machine of a template mount them now, not a second later. */
  wantFiles(): void;
  /** Stops a machine that is recorded and writes the state of its devices to a file; it can only be ended then. */
  save(file: string): Promise<void>;
  /** Resolves once the machine is somebody's; rejects as `started` does. */
  readonly begun: Promise<void>;
  /** Resolves once the agent goes on as somebody (or waits, in a machine that is recorded); rejects with VM_START_FAILED or VM_START_TIMEOUT, the machine being ended then. */
  readonly started: Promise<readonly BootStep[]>;
  readonly exited: Promise<MachineExit>;
  /** Asks the agent to end (SIGTERM), ends QEMU after `deadlineMs` (default 3000), and resolves when nothing is left. */
  stop(options?: { deadlineMs?: number }): Promise<MachineExit>;
}

/** How long a machine that stands by may take to warm up, milliseconds; it takes 2 s under software emulation. */
const WARM_UP_MS = 60_000;

/**
 * Starts a micro-VM and returns when QEMU runs and its sockets are connected, long before the agent runs: attach the gate and the file
 * server at once, the guest waits for them; then await `started`.
 * The machine dies with this process, however this process dies. Throws QEMU_MISSING, VM_START_FAILED, VM_START_TIMEOUT.
 */
export async function startMachine(options: MachineOptions): Promise<Machine> {
  options.signal?.throwIfAborted();
  if (!isOnPath(QEMU)) throw new CoworkError('QEMU_MISSING', `${QEMU} is not on the PATH.`);
  if (!/^[a-z0-9-]{1,63}$/.test(options.name))
    throw new RangeError(`bad machine name ${JSON.stringify(options.name)}`);
  const confinement = await (options.confinement ?? findConfinement());
  let ports: Ports | undefined;
  try {
    ports = await openPorts(options.runtimeDirectory);
    return await launch(options, confinement, ports);
  } catch (error) {
    await ports?.[Symbol.asyncDispose]();
    throw options.signal?.aborted ? error : startFailure(error);
  }
}

async function launch(options: MachineOptions, confinement: Confinement, ports: Ports): Promise<Machine> {
  const {
    image,
    accelerator,
    cols = 80,
    rows = 24,
    memoryMiB = MEMORY_MIB,
    nice = 5,
    name,
    memory,
  } = options;
  const { diskMiB = Math.floor((memoryMiB * 3) / 5), processes = 512 } = options;
  const birth: Birth = memory?.birth ?? 'boot';
  const initrd = join(ports.directory, 'initrd');
  if (birth !== 'restore')
    writeFileSync(initrd, startingInitrd(image.initrd, options.agentBundle), { mode: 0o600 });
  const savePort = birth === 'record' ? await openSavePort(ports.directory) : undefined;
  const begun = Promise.withResolvers<void>();
  const started = Promise.withResolvers<readonly BootStep[]>();
  for (const { promise } of [begun, started]) promise.catch(() => {}); // nobody has to wait for them
  const exited = Promise.withResolvers<MachineExit>();

  const cell = buildCell({
    ...{ confinement, accelerator, memoryMiB, nice },
    sockets: ports.directory,
    files: [
      ...[image.kernel, image.root, ...(birth === 'restore' ? [] : [initrd])].map((path) => ({ path })),
      ...(memory ? [{ path: memory.file, isWritten: true }] : []),
      ...(memory?.birth === 'restore' ? [{ path: memory.state, handle: STATE_FD }] : []),
    ],
  });
  const shape = { accelerator, memoryMiB, name, birth, memoryFile: memory?.file, inside: cell.inside };
  const qemu = startQemu({
    ...{ cell, cols, rows, signal: options.signal },
    arguments: qemuArguments({ ...shape, image, initrd, ports }),
  });
  let kernelLog = '';
  let agentCode: number | null = null;
  let failure: CoworkError | undefined;
  let isStopping = false;

  const progress = new BootProgress(
    birth,
    (step) => options.onStep?.(step),
    (error) => {
      failure = error;
      qemu.kill();
    },
    accelerator === 'tcg' ? 1 : 0.5,
  );
  const firstByteMs = qemu.firstByte.then(() => progress.elapsedMs());
  void qemu.ended.then(async (ended) => {
    progress[Symbol.dispose]();
    const exit = { code: agentCode, qemu: ended };
    const reason = exitReason(exit, { isStopping, failure, kernelLog, said: qemu.lastWords() });
    if (!progress.isComplete) {
      const error = failure ?? new CoworkError('VM_START_FAILED', `The VM ended while it started: ${reason}`);
      begun.reject(error);
      started.reject(error);
    }
    savePort?.close();
    await ports[Symbol.asyncDispose]();
    exited.resolve({ ...exit, reason });
  });

  const ended = exited.promise.then((): never => {
    throw new Error('QEMU ended');
  });
  ended.catch(() => {});
  let sockets: Record<PortName, net.Socket>;
  let qmp: Qmp;
  let orders: ReturnType<typeof guestOrders>;
  let pause: ReturnType<typeof createPause> | undefined;
  let isBegun = false;
  const begin = (who: { name: string; cols: number; rows: number }) => {
    if (!isBegun) orders.begin({ ...who, diskMiB, processes });
    isBegun = true;
  };
  const warm = Promise.withResolvers<void>();
  const isSpare = memory?.birth === 'restore' && memory.isSpare === true;
  try {
    sockets = await Promise.race([ports.connected, ended]);
    qemu.isUp();
    orders = guestOrders(sockets.status);
    keepTail(sockets.kernel, (tail) => {
      kernelLog = tail;
    });
    readStatus(sockets.status, (line) => {
      if (line.kind === 'step') progress.reached(line.name, line.detail);
      if (line.kind === 'step' && line.name === 'begun') begun.resolve();
      // Its PID 1 is about to look for orders; earlier the time in them would be old by then.
      if (birth === 'boot' && line.kind === 'step' && line.name === 'root mounted')
        begin({ name, cols, rows });
      if (line.kind === 'clock') orders.clock();
      if (line.kind === 'busy') pause?.answered(line.programs);
      if (line.kind === 'warm') warm.resolve();
      if (line.kind === 'exited') agentCode = line.code;
      if (progress.isComplete) started.resolve(progress.steps);
    });
    qmp = await Promise.race([connectQmp(sockets.qmp), ended]);
    pause = createPause(qmp, orders);
    progress.reached('qemu started');
    if (birth === 'restore') {
      await loadState(qmp);
      if (isSpare) progress.hold();
      else begin({ name, cols, rows });
      await qmp.execute('cont');
      progress.reached('restored');
    }
    if (isSpare) {
      orders.warmUp();
      await Promise.race([warm.promise, ended, tooLate('the agent to warm up', WARM_UP_MS)]);
      await qmp.execute('stop');
    }
  } catch (error) {
    qemu.kill();
    const { reason } = await exited.promise;
    throw new CoworkError('VM_START_FAILED', `QEMU did not start: ${qemu.lastWords().trim() || reason}`, {
      cause: error,
    });
  }
  // QEMU has read the initramfs and holds its ends of the sockets: from here on a killed keeper leaves nothing on the disk.
  if (savePort === undefined) await ports[Symbol.asyncDispose]();

  const stop: Machine['stop'] = async ({ deadlineMs = 3_000 } = {}) => {
    isStopping = true;
    if (deadlineMs > 0) {
      orders.stop();
      void pause.end().catch(() => {}); // it has ended already
    }
    const timer = setTimeout(qemu.kill, deadlineMs);
    try {
      return await exited.promise;
    } finally {
      clearTimeout(timer);
    }
  };
  return {
    vmPid: qemu.pid(),
    accelerator,
    lacks: cell.lacks,
    console: qemu.console,
    gate: sockets.gate,
    files: sockets.files,
    qmp,
    pause,
    save: async (file) => {
      if (savePort === undefined) throw new TypeError('only a machine that is recorded can be saved');
      await saveState(qmp, savePort, cell.inside(savePort.path), file);
    },
    steps: progress.steps,
    firstByteMs,
    begun: begun.promise,
    begin: async (who) => {
      progress.goOn();
      begin({ cols, rows, ...who });
      await qmp.execute('cont');
    },
    wantFiles: once(() => orders.mountFiles()),
    started: started.promise,
    exited: exited.promise,
    stop,
    async [Symbol.asyncDispose]() {
      await stop({ deadlineMs: 0 });
    },
  };
}

function keepTail(socket: net.Socket, onTail: (tail: string) => void): void {
  let tail = '';
  socket.setEncoding('latin1');
  socket.on('data', (chunk: string) => {
    tail = (tail + chunk).slice(-16 * 1024);
    onTail(tail);
  });
  socket.resume();
}

function once(work: () => void): () => void {
  let isDone = false;
  return () => {
    if (!isDone) work();
    isDone = true;
  };
}

async function tooLate(what: string, ms: number): Promise<never> {
  await delay(ms, undefined, { ref: false });
  throw new Error(`waited ${ms / 1000} s for ${what}`);
}
