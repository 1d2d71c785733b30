import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { check } from '../../examples/mailbox/check.ts';
import { prepare } from '../../examples/mailbox/prepare.ts';
import { teamFolder } from '../../src/team/paths.ts';
import { listTeams, readTeam } from '../../src/team/team.ts';
import { kill, openDesk } from '../support/cowork.ts';
import { eventually } from '../support/eventually.ts';
import { TEST_IMAGES } from '../support/image.ts';
import { fixture, type TestTeam, teamOn } from '../support/team.ts';
import { type Process, processOf, STEPS, startViewer } from './support/kill-steps.ts';

// Each kind of process × each step of a job, without machines unless COWORK_MATRIX=vm; with them `npm run soak` kills at random.
const SANDBOX = process.env.COWORK_MATRIX === 'vm' ? 'vm' : 'none';
const LONG = 240_000;
const ROOT = join(import.meta.dirname, '../..');

/** Who is killed at each step, all in one round: each kind of process, each as carried by an agent that is at that step itself. */
const VICTIMS: { kind: Process; agent: string }[] = [
  { kind: 'keeper', agent: 'lead' },
  { kind: 'keeper', agent: 'ada' },
  { kind: 'machine', agent: 'ben' },
  { kind: 'supervisor', agent: 'cleo' },
  { kind: 'viewer', agent: 'cleo' },
];

test('whichever process is killed at whichever step, the job ends right: nothing lost, nothing done twice, nothing left', {
  timeout: SANDBOX === 'vm' ? 1_800_000 : 300_000,
}, async () => {
  const desk = openDesk();
  if (SANDBOX === 'vm') desk.env.COWORK_IMAGES = TEST_IMAGES;
  // More than the rest of the table comes to, and less than what one step of it writes.
  desk.env.COWORK_CONTEXT_TOKENS = '80000';
  const killed: string[] = [];
  const strike = (
    team: TestTeam,
    { kind, agent }: (typeof VICTIMS)[number],
    step: string,
    viewer = 0,
  ): void => {
    const pid = kind === 'viewer' ? viewer : processOf[kind](team, agent);
    if (pid === undefined || pid === 0) return;
    kill(pid);
    killed.push(`${kind} of ${agent} at ${step}`);
  };
  /** The next command brings a supervisor back, as for a person. */
  const revive = (team: TestTeam) => team.cowork(['wait', '--timeout', '0.1', '-t', team.name]);
  const settled = (team: TestTeam) =>
    eventually(
      'all agents to be there',
      async () => {
        const { agents } = await team.status();
        return agents.every(({ state, pid }) => state === 'idle' && pid !== null);
      },
      LONG,
    );

  // Start-up: each is killed as soon as it is there.
  const words = [
    '--rehearsal',
    fixture('matrix'),
    '--sandbox',
    SANDBOX,
    '--grant',
    desk.folder,
    '--team',
    'matrix',
  ];
  const launching = desk.cowork(['launch', 'Do as you are told', ...words, '--teammates', '3', '--detach']);
  await eventually('the team to be there', () => listTeams(desk.home).length === 1, LONG);
  const team = teamOn(desk, 'matrix', teamFolder(desk.home, 'matrix'));
  for (const victim of VICTIMS.filter(({ kind }) => kind !== 'viewer')) {
    await eventually(
      `the ${victim.kind} of ${victim.agent}`,
      () => processOf[victim.kind as 'keeper'](team, victim.agent),
      LONG,
    );
    strike(team, victim, 'start-up');
    if (victim.kind === 'supervisor') await revive(team);
  }
  await launching;
  await revive(team);
  await settled(team);

  for (const [name, step] of Object.entries(STEPS)) {
    const viewer = startViewer(team, 'cleo');
    const ends = VICTIMS.filter(({ kind }) => kind !== 'viewer').map(async (victim) => {
      const end = await step.begin(team, victim.agent);
      strike(team, victim, name);
      if (victim.kind === 'supervisor') {
        strike(team, { kind: 'viewer', agent: 'cleo' }, name, viewer);
        await revive(team);
      }
      return end;
    });
    for (const end of await Promise.all(ends)) await end();
    await settled(team);
  }

  // Shut-down: all have something to finish when the job ends.
  for (const agent of ['ada', 'ben', 'cleo']) await team.begin(agent, [[['bash', { command: 'sleep 100' }]]]);
  await eventually(
    'the commands to run',
    async () => (await team.status()).agents.slice(1).every(({ state }) => state === 'working'),
    LONG,
  );
  await team.begin('lead', [[['finish_job', { summary: 'All was killed.', force: true }]]]);
  await eventually('the job to end', () => readTeam(team.dir).phase === 'done', LONG);
  for (const victim of VICTIMS.slice(1, 4)) strike(team, victim, 'shutdown');

  expect(await team.json('wait', '-t', team.name)).toMatchObject({
    state: 'done',
    summary: 'All was killed.',
  });
  expect(killed.filter((each) => !each.endsWith('shutdown'))).toHaveLength(
    4 + Object.keys(STEPS).length * VICTIMS.length,
  );
  expect(team.processes()).toEqual([]);
  expect(readdirSync(team.tmp)).toEqual([]);
  const mail = await team.mail();
  expect(new Set(mail.map(({ id }) => id)).size).toBe(mail.length);
  for (const agent of ['lead', 'ada', 'ben', 'cleo']) {
    // What an agent writes in a summary it says to itself.
    const told = team.transcript(agent).filter(({ type }) => type === 'user');
    const read = JSON.stringify(told).match(/MAIL \{\\"id\\":\\"\w+/g) ?? [];
    expect(new Set(read).size, `${agent} was told something twice`).toBe(read.length);
  }
});

const MINUTES = Number(process.env.COWORK_SOAK ?? 0);

test.runIf(MINUTES > 0)(
  'the demo passes its checker whatever is killed at random, again and again',
  {
    timeout: (MINUTES + 30) * 60_000,
  },
  async () => {
    const until = performance.now() + MINUTES * 60_000;
    let jobs = 0;
    do {
      const over: (() => Promise<void>)[] = [];
      const desk = openDesk((work) => over.push(work));
      desk.env.COWORK_IMAGES = TEST_IMAGES;
      const manifest = await prepare(desk.folder);
      const words = [
        '--rehearsal',
        join(ROOT, 'examples/mailbox/rehearsal.ts'),
        '--grant',
        desk.folder,
        '--team',
        'demo',
      ];
      const launching = desk.cowork([
        'launch',
        '--job-file',
        join(ROOT, 'examples/mailbox/job.md'),
        ...words,
        '--detach',
      ]);
      await eventually('the team to be there', () => listTeams(desk.home).length === 1, LONG);
      const team = teamOn(desk, 'demo', teamFolder(desk.home, 'demo'));
      // Each of the first four, twice, in any order: a task that is lost three times is kept for the lead, whose script has no part for that.
      const order = [...VICTIMS.slice(0, 4), ...VICTIMS.slice(0, 4)].map(
        (victim) => [Math.random(), victim] as const,
      );
      for (const [, victim] of order.toSorted(([one], [other]) => one - other)) {
        await delay(Math.random() * 8_000);
        if (readTeam(team.dir).phase !== 'running') break;
        const pid = processOf[victim.kind as 'keeper'](team, victim.agent);
        if (pid !== undefined) kill(pid);
        await desk.cowork(['wait', '--timeout', '0.1', '-t', 'demo']);
      }
      await launching;
      expect(await team.json('wait', '--timeout', '900', '-t', 'demo')).toMatchObject({ state: 'done' });
      expect(await check(desk.folder, manifest)).toMatchObject({ ok: true, problems: [] });
      expect(desk.processes()).toEqual([]);
      for (const work of over) await work();
      jobs++;
    } while (performance.now() < until);
    expect(jobs).toBeGreaterThan(0);
  },
);
