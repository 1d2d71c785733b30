import type { Accelerator } from '../accelerator.ts';
import type { Image } from '../image/image.ts';

/** Memory of an agent's machine unless it is said, scratch disk included. */
export const MEMORY_MIB = 1024;

/** What a template is made for: a machine that is restored from it must be the same in all of this. */
export interface TemplateRequest {
  image: Image;
  agentBundle: string;
  accelerator: Accelerator;
  memoryMiB: number;
}

export interface MakeOptions {
  onStep?: (step: string) => void;
  signal?: AbortSignal | undefined;
  /** Folder for the sockets of the machines that this takes; default the system's temporary folder. */
  runtimeDirectory?: string | undefined;
}
