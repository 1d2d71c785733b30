// How long micro-VMs take from the start of QEMU to the agent's first words, alone and four at once. One JSON line each.
//   node bench/boot.ts [AGENT-BUNDLE]
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findAccelerator } from '../src/vm/accelerator.ts';
import { ensureImage } from '../src/vm/image/build.ts';
import { startMachine } from '../src/vm/machine.ts';

const agentBundle = process.argv[2] ?? join(import.meta.dirname, '../test/vm/fixtures/agent.mjs');
const image = await ensureImage();
const { accelerator } = await findAccelerator();

for (const machines of [1, 1, 4]) {
  const boots = await Promise.all(Array.from({ length: machines }, (_, index) => boot(`bench-${index}`)));
  const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
  const line = {
    bench: 'boot',
    accelerator,
    machines,
    agentStartedMs: median(boots.map((b) => b.agentStartedMs)),
    firstByteMs: median(boots.map((b) => b.firstByteMs)),
    slowestMs: Math.max(...boots.map((b) => b.firstByteMs)),
    cpuSeconds: median(boots.map((b) => b.cpuSeconds)),
    residentMiB: median(boots.map((b) => b.residentMiB)),
  };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

async function boot(name: string) {
  await using machine = await startMachine({ image, agentBundle, accelerator, name });
  // A file server that refuses to serve: the guest goes on at once.
  machine.files.on('data', (frame: Buffer) => {
    const reply = Buffer.from([11, 0, 0, 0, 7, 0, 0, 5, 0, 0, 0]);
    frame.copy(reply, 5, 5, 7);
    machine.files.write(reply);
  });
  const firstByteMs = await machine.firstByteMs;
  const steps = await machine.started;
  return { firstByteMs, agentStartedMs: steps.at(-1)?.atMs ?? 0, ...usage(machine.vmPid) };
}

/** Processor time and resident memory of a process. Source: proc(5). */
function usage(pid: number): { cpuSeconds: number; residentMiB: number } {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  const resident = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return {
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / 100,
    residentMiB: Math.round(Number(resident) / 1024),
  };
}
