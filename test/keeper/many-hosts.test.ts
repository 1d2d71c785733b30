import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { openMailbox } from '../../src/mailbox/mailbox.ts';
import { openNatsBackend } from '../../src/store/nats/backend.ts';
import { openTaskList } from '../../src/tasklist/tasklist.ts';
import { hasNatsServer, type NatsServer, startNatsServer } from '../store/support/nats-server.ts';
import { eventually } from '../support/eventually.ts';
import { launch } from '../support/team.ts';
import { temporaryFolder } from '../support/temporary.ts';

/** A wire between another host and the server, that can be cut and mended. */
async function openWire(port: number) {
  const ends = new Set<Socket>();
  let isCut = false;
  const wire: Server = createServer((near) => {
    if (isCut) return void near.destroy();
    const far = connect(port, '127.0.0.1');
    for (const end of [near, far]) {
      ends.add(end);
      end.on('error', () => {}); // the other end is ended with it
      end.on('close', () => {
        near.destroy();
        far.destroy();
      });
    }
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((resolve) => wire.listen(0, '127.0.0.1', resolve));
  const address = wire.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  onTestFinished(() => void wire.close());
  return {
    address: `nats://127.0.0.1:${address.port}`,
    cut: () => {
      isCut = true;
      for (const end of ends) end.destroy();
    },
    mend: () => {
      isCut = false;
    },
  };
}

// Set-up fetches Debian's nats-server; a machine without it has no second store to test.
describe.skipIf(!hasNatsServer)('a team on a server', () => {
  let server: NatsServer;
  beforeAll(async () => {
    server = await startNatsServer();
  });
  afterAll(() => server.stop());

  it('works as one in files, with another host on the same mail and tasks, also when that is cut off and comes back', async () => {
    const team = await launch('puppet', ['--teammates', '1', '--store', server.address]);
    const wire = await openWire(server.port);
    const backend = await openNatsBackend(wire.address, team.name);
    onTestFinished(() => backend.close());
    const home = await temporaryFolder();
    const there = { mailbox: openMailbox(home, { backend }), tasks: openTaskList(home, { backend }) };
    const ben = { by: 'ben', incarnation: 1 };

    // Both hosts: one from the other host's agent to ours, one task each.
    const sent = await there.mailbox.send({ from: 'ben', to: 'ada', text: 'hello', incarnation: 1 });
    expect(await there.mailbox.untilState(sent, 'acked', { timeoutMs: 30_000 })).toMatchObject({
      state: 'acked',
    });
    await there.tasks.create({ ...ben, subject: 'for ben', owner: 'ben', key: 'k' });
    const claim = await there.tasks.claim(ben);
    expect(claim).toMatchObject({ won: true, task: { subject: 'for ben' } });
    const id = claim.won ? claim.task.id : '';

    wire.cut();
    const done = { ...ben, id, state: 'completed', result: 'done there' } as const;
    await expect(there.tasks.update(done)).rejects.toMatchObject({ code: 'STORE_UNREACHABLE' });
    await expect(
      there.mailbox.send({ from: 'ben', to: 'ada', text: 'cut off', incarnation: 1, key: 'once' }),
    ).rejects.toMatchObject({ code: 'MESSAGE_NOT_WRITTEN' });
    // Ours goes on.
    await team.json('tasks', 'add', 'here', '--description', '{}');
    await eventually(
      'our task to be done',
      async () =>
        (await team.tasks()).some(({ subject, state }) => subject === 'here' && state === 'completed'),
      30_000,
    );

    wire.mend();
    const outcome = await eventually('the other host to be back', () => there.tasks.update(done), 30_000);
    expect(outcome).toMatchObject({ ok: true, task: { state: 'completed' } });
    for (const text of ['cut off', 'said again']) {
      await there.mailbox.send({ from: 'ben', to: 'ada', text, incarnation: 1, key: 'once' });
    }
    const log = await team.mail({ agent: 'ada', from: 'ben' });
    expect(log.map(({ text }) => text)).toEqual(['hello', 'cut off']);
    expect((await team.tasks()).find(({ subject }) => subject === 'for ben')).toMatchObject({
      result: 'done there',
    });
    const shown = await team.cowork(['mail', '--from', 'ben', '--json']);
    expect(shown.stdout.trim().split('\n')).toHaveLength(2);
  }, 120_000);
});
