import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { closeBackends } from '../../src/store/open-backend.ts';
import { openAlerts } from '../../src/team/alerts.ts';
import { hasNatsServer, type NatsServer, startNatsServer } from '../store/support/nats-server.ts';
import { openWire } from '../store/support/wire.ts';
import { openDesk } from '../support/cowork.ts';
import { eventually } from '../support/eventually.ts';
import { type Call, fixture, launch, type TestTeam, teamOn } from '../support/team.ts';

const LONG_MS = 60_000;

// Set-up fetches Debian's nats-server; a machine without it has no second store to test.
describe.skipIf(!hasNatsServer)('a team on two hosts', () => {
  let server: NatsServer;
  beforeAll(async () => {
    server = await startNatsServer();
  });
  afterAll(async () => {
    await closeBackends();
    await server.stop();
  });

  it('shares mail, tasks, roster and end; a host that is cut off is told of, goes on when it is back, and nothing is lost or done twice', async () => {
    const here = await launch('puppet', ['--teammates', '1', '--team', 'shared', '--store', server.address]);
    const wire = await openWire(server.port, onTestFinished);
    const there = await joinOn('shared', wire.address, 'ben');

    // Each knows the other's agents, and whose name is whose.
    await eventually('the roster of both', async () => (await here.agent('ben')).state === 'idle', LONG_MS);
    expect(await here.agent('ben')).toMatchObject({ pid: null, host: expect.any(String) });
    expect((await there.status()).agents.map(({ name }) => name)).toEqual(['ben', 'lead', 'ada']);
    expect(await here.refusal('spawn', 'ben', '--role', 'r', '--prompt', 'p')).toMatchObject({
      code: 'AGENT_TAKEN',
    });
    expect(await here.refusal('logs', 'ben')).toMatchObject({ exit: 4, code: 'AGENT_ELSEWHERE' });
    expect(await here.refusal('send', 'bem', 'Hello')).toMatchObject({ hint: 'Did you mean ben?' });

    // Mail goes both ways, and a broadcast reaches all.
    const [step] = await here.order('ben', [[['send_message', { to: 'ada', text: 'over the border' }]]]);
    expect(step?.results[0]?.isError).toBe(false);
    await eventually(
      'ada to have it',
      async () => (await here.mail({ agent: 'ada', from: 'ben' })).some(({ state }) => state === 'acked'),
      LONG_MS,
    );
    const copies = await here.json<{ to: string }[]>('broadcast', 'All of you');
    expect(copies.map(({ to }) => to)).toEqual(['lead', 'ada', 'ben']);

    // Cut off in the middle of a task.
    const steps: Call[][] = [
      [['bash', { command: 'touch begun; while [ ! -e cut ]; do sleep 0.1; done; echo done there' }]],
      [['send_message', { to: 'ada', text: 'said while cut off' }]],
    ];
    await here.json('tasks', 'add', 'Far work', '--owner', 'ben', '--description', JSON.stringify({ steps }));
    const far = async () => (await here.tasks()).find(({ subject }) => subject === 'Far work');
    await eventually('ben to work on it', async () => (await far())?.state === 'in_progress', LONG_MS);
    wire.cut();
    writeFileSync(join(there.dir, 'agents/ben/workspace/cut'), '');
    const shown = there.status();
    const refused = there.refusal('send', 'lead', 'from a host that is cut off');
    await here.json('tasks', 'add', 'Near work', '--owner', 'ada', '--description', '{}');
    await eventually(
      'this host to go on',
      async () =>
        (await here.tasks()).some(({ subject, state }) => subject === 'Near work' && state === 'completed'),
      LONG_MS,
    );
    const silent = () => openAlerts(here.dir).filter(({ kind }) => kind.startsWith('host '));
    const [alert] = await eventually(
      'one alert',
      async () => ((await silent()).length > 0 ? silent() : undefined),
      LONG_MS,
    );
    expect(alert?.text).toContain('with ben');
    await eventually(
      'the lead to be told',
      async () =>
        (await here.mail({ agent: 'lead', from: 'team' })).some(({ text }) =>
          text.startsWith('Nothing is heard'),
        ),
      LONG_MS,
    );
    await eventually(
      'the host that is cut off to say so',
      () => openAlerts(there.dir).some(({ kind }) => kind === 'store unreachable'),
      LONG_MS,
    );
    expect((await far())?.state).toBe('in_progress');

    expect(await refused).toMatchObject({ exit: 1, code: 'MESSAGE_NOT_WRITTEN' });
    expect((await shown).agents[0]).toMatchObject({ name: 'ben', pid: expect.any(Number) });

    wire.mend();
    await eventually('the task to be done', async () => (await far())?.state === 'completed', LONG_MS);
    await eventually('the alerts to be over', () => silent().length === 0, LONG_MS);
    await eventually('both alerts to be over', () => openAlerts(there.dir).length === 0, LONG_MS);
    const { history } = await here.json<{ history: { event: string }[] }>(
      'tasks',
      'show',
      (await far())?.id ?? '',
    );
    expect(history.map(({ event }) => event)).toEqual(['created', 'claimed', 'completed']);
    const said = (await here.mail({ agent: 'ada', from: 'ben' })).filter(
      ({ text }) => text === 'said while cut off',
    );
    expect(said).toHaveLength(1);

    // Stopped from the other host; then the whole team, and the server forgets it.
    await here.cowork(['stop', 'ben']);
    await eventually('ben to be stopped', async () => (await here.agent('ben')).state === 'stopped', LONG_MS);
    await here.json('stop');
    await eventually('the other host to end', () => there.processes().length === 0, LONG_MS);
    expect((await there.status()).state).toBe('stopped');
    expect(await there.refusal('resume')).toMatchObject({ code: 'TEAM_ENDED' });
    await here.json('remove');
    expect(await openDesk().refusal(...joining('shared', server.address, 'ben'))).toMatchObject({
      code: 'TEAM_UNKNOWN',
    });
  }, 240_000);

  it('is refused where it can not be: a name that is taken, a team that is there, one that is not', async () => {
    const desk = openDesk();
    expect(await desk.refusal(...joining('nobody', server.address, 'ben'))).toMatchObject({
      code: 'TEAM_UNKNOWN',
    });
    expect(await desk.refusal('launch', '--join', '--teammates', '1')).toMatchObject({
      exit: 2,
      code: 'USAGE',
    });
    const here = await launch('puppet', ['--teammates', '1', '--team', 'taken', '--store', server.address]);
    expect(await desk.refusal(...joining('taken', server.address, 'ada'))).toMatchObject({
      code: 'AGENT_TAKEN',
    });
    const again = ['launch', 'Job', '--team', 'taken', '--store', server.address, '--sandbox', 'none'];
    expect(await desk.refusal(...again, '--rehearsal', fixture('puppet'))).toMatchObject({
      code: 'TEAM_TAKEN',
    });
    expect(await desk.json<unknown[]>('teams')).toEqual([]);
    await here.json('stop');
  }, 120_000);
});

function joining(team: string, store: string, mate: string): string[] {
  const how = ['--sandbox', 'none', '--rehearsal', fixture('puppet'), '--detach'];
  return ['launch', '--join', '--team', team, '--store', store, '--teammate', mate, ...how];
}

async function joinOn(name: string, store: string, mate: string): Promise<TestTeam> {
  const desk = openDesk();
  const { team, dir, agents } = await desk.json<{ team: string; dir: string; agents: string[] }>(
    ...joining(name, store, mate),
  );
  expect(agents).toEqual([mate]);
  return teamOn(desk, team, dir);
}
