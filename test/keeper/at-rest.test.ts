import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readAgentRecord } from '../../src/team/agent-record.ts';
import { keeperSocket } from '../../src/team/paths.ts';
import { connectWire } from '../pane/support.ts';
import { kill } from '../support/cowork.ts';
import { eventually } from '../support/eventually.ts';
import { launch, type TestTeam } from '../support/team.ts';

const LONG_MS = 60_000;
const AT_REST = /^at rest: /;

/** How much a model was asked, over all lives of an agent. */
const turns = (team: TestTeam, agent: string): number => readAgentRecord(team.dir, agent).turns;
/** The agents' own processes; what stands in for one at rest has none. */
const bodies = (team: TestTeam): number =>
  team.processes().filter(({ command }) => command.includes('agent.mjs')).length;

const rests = (team: TestTeam, name: string, incarnation = 2) =>
  eventually(
    `${name} to be at rest`,
    async () => {
      const agent = await team.agent(name);
      return agent.state === 'idle' && AT_REST.test(agent.reason) && agent.incarnation === incarnation
        ? agent
        : undefined;
    },
    LONG_MS,
  );

async function order(team: TestTeam, to: string, command: string): Promise<string | undefined> {
  const [step] = await (await team.begin(to, [[['bash', { command }]]])).done(LONG_MS);
  return step?.results[0]?.text;
}

test('agents that had nothing to do come back at rest, and mail, a task or a person wakes each alone', {
  timeout: 240_000,
}, async () => {
  const team = await launch(
    'puppet',
    ['ada', 'ben', 'cid', 'dee'].flatMap((name) => ['--teammate', name]),
  );
  for (const name of ['ada', 'ben']) await order(team, name, `echo before ${name}`);
  for (const name of ['ada', 'ben']) await team.settled(name);
  await team.json('stop');
  const asked = turns(team, 'ada');
  const said = team.transcript('ada').length;
  await team.json('resume');

  // All are there, and only the lead was told anything and has a process of its own.
  for (const name of ['ada', 'ben', 'cid', 'dee']) {
    const { pid, vmPid } = await rests(team, name);
    expect(pid).toBeGreaterThan(0);
    expect(vmPid).toBeNull();
  }
  await team.settled('lead');
  expect(bodies(team)).toBe(1);
  expect(turns(team, 'ada')).toBe(asked);
  expect(team.transcript('ada')).toHaveLength(said);

  // Mail wakes the one that it is for, which remembers and is told with it what was.
  expect(await order(team, 'ada', 'echo woken')).toContain('woken');
  const words = JSON.stringify(team.transcript('ada').slice(said));
  expect(words).toContain('your conversation was restored');
  expect(words).toContain('ben: ');
  expect(words).not.toContain('You were restarted');
  expect(bodies(team)).toBe(2);

  // A task that is kept for one wakes that one.
  const work = JSON.stringify({ steps: [[['bash', { command: 'echo by ben' }]]] });
  await team.json('tasks', 'add', 'For ben', '--description', work, '--owner', 'ben');
  const done = await eventually(
    'the task to be done',
    async () =>
      (await team.tasks()).find(({ subject, state }) => subject === 'For ben' && state === 'completed'),
    LONG_MS,
  );
  expect(done.owner).toBe('ben');
  expect(done.result).toContain('by ben');
  await rests(team, 'cid');

  // Who only looks wakes nobody; who may type does, and what was typed before it takes keys is not lost.
  const looker = await connectWire(keeperSocket(team.dir, 'cid'), { cols: 80, rows: 24, readOnly: true });
  await eventually('the pane to say that it rests', () => looker.text().includes('cid is at rest'));
  await rests(team, 'cid');
  const typist = await connectWire(keeperSocket(team.dir, 'cid'), { cols: 80, rows: 24 });
  typist.webSocket.send(Buffer.from('hello cid\r'));
  const typed = await eventually(
    'the word of the user to arrive',
    async () => (await team.mail({ agent: 'cid', from: 'user' })).find(({ text }) => text === 'hello cid'),
    LONG_MS,
  );
  expect(typed.to).toBe('cid');
  expect(typist.webSocket.readyState).toBe(typist.webSocket.OPEN);

  // One whose keeper is killed comes back at rest; what had nothing to do has nothing to go on with.
  const { pid } = await rests(team, 'dee');
  kill(pid ?? 0);
  await rests(team, 'dee', 3);
  expect(turns(team, 'dee')).toBe(0);

  expect((await team.cowork(['stop', 'dee', '-t', team.name])).code).toBe(0);
  expect(await team.agent('dee')).toMatchObject({ state: 'stopped', pid: null });
  await team.json('stop');
  await eventually('all to be gone', () => team.processes().length === 0, LONG_MS);
  expect(existsSync(keeperSocket(team.dir, 'cid'))).toBe(false);
});

test('one that was cut off in a task comes back at once and is not robbed of it by those at rest', {
  timeout: 240_000,
}, async () => {
  const team = await launch('puppet', ['--teammates', '2']);
  const go = join(team.folder, 'go');
  const wait = `until [ -e ${go} ]; do sleep 0.1; done; echo went`;
  const work = JSON.stringify({ steps: [[['bash', { command: wait }]]] });
  await team.json('tasks', 'add', 'Long', '--description', work);
  const worker = await eventually(
    'somebody to be at it',
    async () =>
      (await team.tasks()).find(({ subject, state }) => subject === 'Long' && state === 'in_progress')?.owner,
  );
  await eventually('the command to run', () =>
    team.processes().some(({ command }) => command === 'sleep 0.1'),
  );
  const other = worker === 'ada' ? 'ben' : 'ada';
  for (const { pid } of team.processes()) kill(pid);
  await eventually('all to be dead', () => team.processes().length === 0);
  await team.json('resume');
  await rests(team, other);
  await eventually(
    'the task to be its again',
    async () =>
      (await team.tasks()).some(
        ({ subject, owner, state }) => subject === 'Long' && owner === worker && state === 'in_progress',
      ),
    LONG_MS,
  );
  await team.json('stop');
});
