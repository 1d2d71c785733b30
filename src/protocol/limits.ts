// Without zod: readers of files use these words, and start fast.

/** What one agent may use up, each a whole number. */
export interface Limits {
  /** All memory of its VM, the scratch disk included, MiB. */
  memory: number;
  /** Of that, what files outside the grants may take, MiB; 0 stands for three fifths. */
  disk: number;
  /** Processes and threads that its tools may run at a time. */
  processes: number;
  /** How far its VM stands back when others want the processor: 0 not at all, 19 most. */
  nice: number;
  /** How long it may answer nothing before it counts as wedged, seconds; after twice that it is started again. */
  silence: number;
  /** How long it may be idle over a task of its own before people are told, seconds; after five times that the task is taken back. */
  idle: number;
}

interface LimitEntry {
  default: number;
  min: number;
  max: number;
  unit: string;
}

export const LIMITS: Record<keyof Limits, LimitEntry> = {
  memory: { default: 1024, min: 384, max: 65_536, unit: 'MiB' },
  disk: { default: 0, min: 0, max: 65_536, unit: 'MiB' },
  processes: { default: 512, min: 16, max: 32_768, unit: 'processes' },
  nice: { default: 5, min: 0, max: 19, unit: 'steps' },
  silence: { default: 60, min: 1, max: 86_400, unit: 's' },
  idle: { default: 60, min: 1, max: 86_400, unit: 's' },
};

/** The limits that hold, with the default of each that was not set. */
export function limitsOf({ limits = {} }: { limits?: Partial<Limits> | undefined }): Limits {
  const of = (name: keyof Limits) => limits[name] ?? LIMITS[name].default;
  const memory = of('memory');
  return {
    memory,
    disk: of('disk') || Math.floor((memory * 3) / 5),
    processes: of('processes'),
    nice: of('nice'),
    silence: of('silence'),
    idle: of('idle'),
  };
}

/** Why a value can't be a limit, or undefined when it can. */
export function limitObstacle(name: string, value: number): string | undefined {
  const entry = (LIMITS as Record<string, LimitEntry | undefined>)[name];
  if (entry === undefined) return `There is no limit ${JSON.stringify(name)}.`;
  const { min, max, unit } = entry;
  if (Number.isInteger(value) && value >= min && value <= max) return undefined;
  return `The limit ${name} takes a whole number from ${min} to ${max} (${unit}).`;
}
