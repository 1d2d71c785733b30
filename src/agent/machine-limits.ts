import { readFileSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BetaRunnableTool } from '@anthropic-ai/sdk/lib/tools/BetaRunnableTool';
import { ToolError } from '@anthropic-ai/sdk/lib/tools/ToolError';

/** The control group in which PID 1 of a machine runs whatever an agent's shell starts (src/vm/guest/pid1.pl). */
const TOOLS = '/sys/fs/cgroup/tools';
/** From this share of the processes on, what still runs after a call is taken for a fork bomb. */
const BOMB = 0.9;
/** A disk with less room than this share of it is full. */
const FULL = 0.005;

/** A limit that was reached since the last look; an empty text says that there is room again. */
export interface LimitHit {
  kind: 'memory' | 'disk' | 'processes';
  text: string;
}

/** Looks whether a limit of this machine was reached. Source of the files: Linux, cgroup-v2. */
export class LimitWatch {
  readonly #folder: string;
  readonly #disk: string;
  #killed: number;
  #refused: number;
  #wasFull = false;

  constructor(folder: string = TOOLS, disk = '/workspace') {
    this.#folder = folder;
    this.#disk = disk;
    this.#killed = this.#count('memory.events', 'oom_kill');
    this.#refused = this.#count('pids.events', 'max');
  }

  /** What was reached since the last look. Ends all that the agent has started when that leaves no room for more. */
  look(): LimitHit[] {
    return [this.#memory(), this.#processes(), this.#full()].filter((hit) => hit !== undefined);
  }

  #memory(): LimitHit | undefined {
    const killed = this.#count('memory.events', 'oom_kill') - this.#killed;
    if (killed <= 0) return undefined;
    this.#killed += killed;
    const programs = killed === 1 ? 'one program was' : `${killed} programs were`;
    const text =
      `The memory of this machine ran out, and ${programs} killed. Programs and the files outside /grants and /memory share ` +
      `${megabytes(this.#number('memory.max'))}: use less at a time, or remove files.`;
    return { kind: 'memory', text };
  }

  #processes(): LimitHit | undefined {
    const refused = this.#count('pids.events', 'max') - this.#refused;
    if (refused <= 0) return undefined;
    this.#refused += refused;
    const most = this.#number('pids.max');
    const running = this.#number('pids.current');
    let text = `This machine runs at most ${most} processes and threads of yours at a time, and refused to start more.`;
    if (running >= BOMB * most) {
      writeFileSync(join(this.#folder, 'cgroup.kill'), '1');
      text += ` ${running} still ran after the call. All that you had started was ended, the shell with it: begin a new one.`;
    }
    return { kind: 'processes', text };
  }

  #full(): LimitHit | undefined {
    const { bavail, blocks, bsize } = statfsSync(this.#disk);
    const isFull = bavail < blocks * FULL;
    if (isFull === this.#wasFull) return undefined;
    this.#wasFull = isFull;
    if (!isFull) return { kind: 'disk', text: '' };
    const text =
      `You ran out of disk in ${this.#disk}: ${megabytes(blocks * bsize)} hold all files outside /grants and /memory. ` +
      'What was written last may be cut off. Remove files, or keep what matters in a grant.';
    return { kind: 'disk', text };
  }

  #count(file: string, name: string): number {
    const found = new RegExp(`^${name} (\\d+)$`, 'm').exec(this.#read(file))?.[1];
    return Number(found ?? 0);
  }

  #number(file: string): number {
    return Number(this.#read(file));
  }

  #read(file: string): string {
    try {
      return readFileSync(join(this.#folder, file), 'utf8');
    } catch {
      return ''; // the agent is root here and may have removed it: then it is told nothing
    }
  }
}

/** The same tool; when a limit was reached while it ran, its result says so, and `report` is told. */
export function limited(
  tool: BetaRunnableTool,
  watch: Pick<LimitWatch, 'look'>,
  report: (hit: LimitHit) => void,
): BetaRunnableTool {
  const notes = (): string[] => {
    const hits = watch.look();
    for (const hit of hits) report(hit);
    return hits.filter(({ text }) => text !== '').map(({ text }) => `[limit] ${text}`);
  };
  return {
    ...tool,
    run: async (input, context) => {
      try {
        return withNotes(await tool.run(input, context), notes());
      } catch (error) {
        const said = notes();
        if (said.length === 0) throw error;
        const content = error instanceof ToolError ? error.content : String(error);
        throw new ToolError(withNotes(content, said));
      }
    },
  };
}

type Content = Awaited<ReturnType<BetaRunnableTool['run']>>;

function withNotes(content: Content, notes: readonly string[]): Content {
  if (notes.length === 0) return content;
  const text = notes.join('\n');
  if (typeof content === 'string') return `${content}\n${text}`;
  return [...content, { type: 'text', text }];
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MB`;
}
