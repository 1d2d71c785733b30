import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Machine } from '../../src/vm/machine.ts';

/** The guest program that the tests of machines run as the agent. */
export const FIXTURE_AGENT = join(import.meta.dirname, 'fixtures', 'agent.mjs');

/** Asks the fixture agent over the gate, one question at a time. */
export function talkTo(machine: Machine) {
  const waiting: ((out: string) => void)[] = [];
  createInterface({ input: machine.gate }).on('line', (line) => {
    waiting.shift()?.((JSON.parse(line) as { out: string }).out); // the fixture's own answer
  });
  const ask = (request: object): Promise<string> =>
    new Promise((resolve) => {
      waiting.push(resolve);
      machine.gate.write(`${JSON.stringify(request)}\n`);
    });
  return {
    echo: (text: string) => ask({ echo: text }),
    /** What a shell command in the guest prints. */
    shell: async (command: string) => (await ask({ shell: command })).trim(),
    /** One of everything that is random, and the guest's time. */
    draw: async (): Promise<Record<string, string | number>> => JSON.parse(await ask({ draw: true })),
    /** Keeps a text in the memory of the agent. */
    remember: (text: string) => ask({ remember: text, echo: '' }),
    exit: (code: number) => void machine.gate.write(`${JSON.stringify({ exit: code })}\n`),
  };
}

/** Whether a process is there, dead ones that wait for their parent not counted. */
export async function isRunning(pid: number): Promise<boolean> {
  const { readFile } = await import('node:fs/promises');
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return stat !== '' && !/\) [ZX] /.test(stat);
}
