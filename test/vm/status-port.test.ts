import { once } from 'node:events';
import net from 'node:net';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { BootProgress, type BootStep } from '../../src/vm/boot-progress.ts';
import { guestOrders } from '../../src/vm/guest-orders.ts';
import { readStatus, type StatusLine } from '../../src/vm/status-port.ts';
import { eventually } from '../support/eventually.ts';
import { temporaryFolder } from '../support/temporary.ts';

/** Both ends of a status port. */
async function port(): Promise<{ host: net.Socket; guest: net.Socket }> {
  const server = net.createServer();
  server.listen(join(await temporaryFolder(), 'status'));
  await once(server, 'listening');
  const guest = net.connect(server.address() as string);
  const [host] = (await once(server, 'connection')) as [net.Socket];
  server.close();
  onTestFinished(() => {
    for (const end of [host, guest]) end.destroy();
  });
  return { host, guest };
}

function progressOf(birth: 'boot' | 'restore') {
  const steps: BootStep[] = [];
  const failures: Error[] = [];
  const progress = new BootProgress(
    birth,
    (step) => steps.push(step),
    (error) => failures.push(error),
  );
  onTestFinished(() => progress[Symbol.dispose]());
  return { progress, steps, failures };
}

test('a guest that repeats itself without end fills neither the log nor the memory of the host, and goes no step further', async () => {
  const { host, guest } = await port();
  const { progress, steps } = progressOf('boot');
  const orders = guestOrders(host);
  let lines = 0;
  readStatus(host, (line) => {
    lines++;
    if (line.kind === 'step') progress.reached(line.name, line.detail);
    if (line.kind === 'clock') orders.clock();
  });
  // It never reads what it asks for.
  guest.write('kernel up\n'.repeat(50_000));
  guest.write('clock?\n'.repeat(50_000));
  guest.write(`files failed ${'x'.repeat(400)}\n`.repeat(1_000));
  await eventually('all to be read', () => lines === 101_000);
  expect(steps).toHaveLength(32);
  expect(progress.isComplete).toBe(false);
  expect(host.writableLength).toBeLessThan(8_192);
  // What it says in its order still counts, however much came before.
  for (const step of ['root mounted', 'begun', 'files mounted', 'agent started']) progress.reached(step);
  expect(progress.isComplete).toBe(true);
});

test('whatever a guest sends, in whatever pieces, only lines that are known come out, each short', async () => {
  const known = fc.constantFrom(
    'kernel up',
    'begun',
    'warm',
    'quiet',
    'clock?',
    'busy sh sleep',
    'agent exited 7',
    'files failed no',
  );
  const line = fc.oneof(known, fc.string({ maxLength: 2_000 }), fc.string({ unit: 'binary', maxLength: 50 }));
  await fc.assert(
    fc.asyncProperty(
      fc.array(line, { maxLength: 20 }),
      fc.integer({ min: 1, max: 700 }),
      async (said, size) => {
        const { host, guest } = await port();
        const heard: StatusLine[] = [];
        readStatus(host, (each) => heard.push(each));
        const bytes = Buffer.from(`${said.map((each) => each.replaceAll('\n', ' ')).join('\n')}\nwarm\n`);
        for (let i = 0; i < bytes.length; i += size) guest.write(bytes.subarray(i, i + size));
        guest.end();
        await once(host, 'end');
        expect(heard.at(-1)).toEqual({ kind: 'warm' });
        expect(JSON.stringify(heard.map(({ kind }) => kind))).toMatch(/^[a-z ",[\]]*$/);
        for (const each of heard) expect(JSON.stringify(each).length).toBeLessThan(700);
        const whole = said.filter((each) => ['begun', 'quiet', 'clock?'].includes(each)).length;
        expect(
          heard.filter((each) => ['begun', 'busy', 'clock', 'step'].includes(each.kind)).length,
        ).toBeGreaterThanOrEqual(whole);
      },
    ),
    { numRuns: 100 },
  );
});
