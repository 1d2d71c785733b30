import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Machine, startMachine } from '../../src/vm/machine.ts';
import { testImage } from '../support/image.ts';
import { FIXTURE_AGENT, talkTo } from './guest.ts';

let machine: Machine;
let guest: ReturnType<typeof talkTo>;

beforeAll(async () => {
  const image = await testImage();
  machine = await startMachine({
    ...{ image, agentBundle: FIXTURE_AGENT, accelerator: 'tcg', name: 'small' },
    ...{ memoryMiB: 512, diskMiB: 64, processes: 24 },
  });
  machine.files.on('data', (frame: Buffer) => machine.files.write(refusal(frame)));
  await machine.started;
  guest = talkTo(machine);
}, 300_000);
afterAll(() => machine?.[Symbol.asyncDispose]());

const counted = async (file: string, name: string) =>
  Number(await guest.shell(`sed -n 's/^${name} //p' /sys/fs/cgroup/tools/${file}`));

test('The agent and its tools are kept apart, and the tools are what is killed first', async () => {
  expect(await guest.shell('cat /proc/$$/cgroup /proc/$PPID/cgroup')).toBe('0::/tools\n0::/agent');
  expect(await guest.shell('cat /proc/$$/oom_score_adj /proc/$PPID/oom_score_adj')).toBe('0\n-500');
  expect(await guest.shell('env | grep -c BASH_ENV')).toBe('0');
});

test('A full disk is an error to who writes, and the machine goes on', async () => {
  expect(await guest.shell('head -c 100M /dev/zero 2>&1 >/workspace/big; stat -c %s /workspace/big')).toMatch(
    /No space left on device\n6\d{7}$/,
  );
  expect(
    await guest.shell(
      'head -c 100M /dev/zero 2>&1 >/tmp/big; rm /workspace/big /tmp/big; echo again > /workspace/small; cat /workspace/small',
    ),
  ).toMatch(/No space left on device\nagain$/);
}, 120_000);

test('A fork bomb stops at the number of processes, and the agent answers all the while', async () => {
  await guest.shell('for i in $(seq 30); do sleep 300 >/dev/null 2>&1 & done 2>/dev/null; true');
  expect(await counted('pids.events', 'max')).toBeGreaterThan(0);
  expect(await guest.echo('still here')).toBe('still here');
  expect(await guest.shell('cat /sys/fs/cgroup/tools/pids.max')).toBe('24');
  await guest.shell('echo 1 >/sys/fs/cgroup/tools/cgroup.kill');
  expect(Number(await guest.shell('cat /sys/fs/cgroup/tools/pids.current'))).toBeLessThan(5);
}, 120_000);

test('A program that takes all memory is killed, and nothing else is', async () => {
  expect(
    await guest.shell('python3 -c "[x for x in [[bytearray(4 << 20) for _ in range(200)]]]"; echo code $?'),
  ).toBe('code 137');
  expect(await counted('memory.events', 'oom_kill')).toBe(1);
  expect(await guest.echo('still here')).toBe('still here');
}, 120_000);

/** An Rlerror (EIO) for a 9P request: size, type 7, the request's tag, the error. */
function refusal(request: Buffer): Buffer {
  const reply = Buffer.alloc(11);
  reply.writeUInt32LE(11, 0);
  reply[4] = 7;
  request.copy(reply, 5, 5, 7);
  reply.writeUInt32LE(5, 7);
  return reply;
}
