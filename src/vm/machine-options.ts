import type { Accelerator } from './accelerator.ts';
import type { BootStep } from './boot-progress.ts';
import type { Confinement } from './confinement.ts';
import type { Image } from './image/image.ts';

/** What a machine is made of, and who it is. */
export interface MachineOptions {
  image: Image;
  /** The agent's bundle, a file; it runs in the guest as `/run/cowork/agent.mjs`. */
  agentBundle: string;
  accelerator: Accelerator;
  /** The guest's host name: 1 to 63 of `a-z 0-9 -`. */
  name: string;
  /** All memory of the guest, its scratch disk included; default 1024. */
  memoryMiB?: number;
  /** What files outside the grants may take, MiB; default three fifths of the memory. */
  diskMiB?: number;
  /** Processes and threads that the agent's tools may run at a time; default 512. */
  processes?: number;
  /** 0 to 19: how far the machine stands back when others want the processor; default 5. */
  nice?: number;
  /** What keeps QEMU in; default all that can be had here. */
  confinement?: Confinement | Promise<Confinement>;
  /** First size of the terminal; default 80 by 24. */
  cols?: number;
  rows?: number;
  /** Folder in which the machine's private folder of sockets is made; default the system's temporary folder. */
  runtimeDirectory?: string;
  /** Without it the machine boots. */
  memory?: MachineMemory;
  /** Ends the machine, at any time. */
  signal?: AbortSignal;
  onStep?: (step: BootStep) => void;
}

/**
 * Memory that is a file: `record` boots with all memory in it (a file as long as the memory) and stops short of being anybody's, so that it can be saved; `restore` goes on from what
 * was saved, with `state` from `saveState`, and leaves the file as it is. One that stands by (`isSpare`) is restored, warmed up and stopped, and nobody's until `begin`.
 */
export type MachineMemory =
  | { birth: 'record'; file: string }
  | { birth: 'restore'; file: string; state: string; isSpare?: boolean };
