import { globSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { readQueue, readQueueRecords } from '../../src/git/queue.ts';
import { roleHolder } from '../../src/store/role.ts';
import { supervisorRoleFile } from '../../src/team/paths.ts';
import { kill } from '../support/cowork.ts';
import { eventually } from '../support/eventually.ts';
import { type GitTeam, gitIn, launchOnRepository } from './support.ts';

const ROUNDS = process.env.COWORK_SOAK ? 20 : 2;
const PUSH = 'git pull -q && git add -A && git commit -qm work && git push';

test('supervisors that are killed while they merge, and keepers in the middle of a push, lose no push and land none twice', {
  timeout: 600_000,
}, async () => {
  const team = await launchOnRepository({ 'check.sh': 'sleep 0.3; ls\n' }, [
    '--teammates',
    '2',
    '--check',
    'sh check.sh',
  ]);
  const expected: string[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const names = ['ada', 'ben'].map((agent) => `${agent}-${round}`);
    expected.push(...names);
    const pushes = names.map((name) => team.run(name.slice(0, 3), `echo ${round} > ${name} && ${PUSH}`));
    for (let times = 0; times < 3; times++) {
      await delay(Math.random() * 500);
      await killSupervisor(team);
    }
    for (const said of await Promise.all(pushes)) expect(said).toContain('cowork: taken');
  }
  const result = () => gitIn(team.repository, 'ls-tree', '--name-only', `cowork/${team.name}`).split('\n');
  await landed(team);
  expect(result().sort()).toEqual([...expected, 'check.sh'].sort());

  const { pid, incarnation } = await team.agent('ada');
  const push = team.begin('ada', [
    [
      [
        'bash',
        {
          command: `cd ${join(team.dir, 'agents/ada/workspace/shop')} && head -c 40000000 /dev/urandom > large && ${PUSH}`,
        },
      ],
    ],
  ]);
  const hub = join(team.dir, 'git/shop/hub.git');
  await eventually(
    'a pack to be under way',
    () => globSync('objects/*incoming*', { cwd: hub }).length > 0,
    60_000,
  );
  kill(pid ?? 0);
  await eventually(
    'ada to be back',
    async () => {
      const ada = await team.agent('ada');
      return ada.incarnation > incarnation && ada.state !== 'starting';
    },
    60_000,
  );
  await (await push).done(120_000);
  // Whatever of the push went through: the agent looks, and pushes again.
  const again = await team.run('ada', 'git push || { git pull -q && git push; }');
  expect(again).toMatch(/cowork: taken|up-to-date/);
  await eventually('the large file to land', () => result().includes('large'), 120_000);
  await landed(team);
  gitIn(hub, 'fsck', '--connectivity-only');

  const { entries } = readQueue(team.dir, 'shop');
  expect(entries.map(({ state }) => state)).not.toContain('returned');
  const ends = readQueueRecords(team.dir, 'shop').flatMap((fact) =>
    fact.type === 'landed' ? [fact.entry] : [],
  );
  expect(ends.length).toBeGreaterThan(0);
  expect(new Set(ends).size).toBe(ends.length);
  for (const agent of ['ada', 'ben']) {
    const told = (await team.mail({ agent, from: 'team' })).filter(({ text }) => text.includes('has landed'));
    expect(new Set(told.map(({ text }) => text)).size, agent).toBe(told.length);
  }
});

async function killSupervisor(team: GitTeam): Promise<void> {
  const supervisor = roleHolder(supervisorRoleFile(team.dir));
  if (supervisor !== undefined) kill(supervisor.pid);
  // Whoever asks brings it back.
  await team.cowork(['wait', '--timeout', '0']);
}

async function landed(team: GitTeam): Promise<void> {
  await eventually(
    'all pushes to have landed',
    async () => {
      const { waiting, isPublished, returned } = await team.state();
      expect(returned).toBe(0);
      return waiting.length === 0 && isPublished;
    },
    120_000,
  );
}
