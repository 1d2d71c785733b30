import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { roleHolder } from '../../src/store/role.ts';
import { supervisorRoleFile } from '../../src/team/paths.ts';
import { openDesk } from '../support/cowork.ts';
import { eventually } from '../support/eventually.ts';
import { launch } from '../support/team.ts';

const DAY = 24 * 3_600_000;

test('a clock that is set days ahead and days back under a team is no death: mail, tasks and tools go on', {
  timeout: 180_000,
}, async () => {
  const desk = openDesk();
  const clock = join(desk.tmp, '..', 'clock');
  const preload = join(import.meta.dirname, '../fixtures/bent-clock.mjs');
  Object.assign(desk.env, { COWORK_TEST_CLOCK: clock, NODE_OPTIONS: `--import=${preload}` });
  const team = await launch('puppet', ['--teammates', '1'], desk);
  const supervisor = roleHolder(supervisorRoleFile(team.dir));
  for (const offset of [3 * DAY, -3 * DAY, 0]) {
    writeFileSync(clock, String(offset));
    const begun = await team.begin('ada', [
      [['bash', { command: 'date' }]],
      [
        [
          'task_create',
          { subject: `With ${offset}`, description: '{"steps":[[["bash",{"command":"true"}]]]}' },
        ],
      ],
    ]);
    await begun.done(60_000);
    const { created } = (await team.mail({ agent: 'user', from: 'ada' })).at(-1) ?? { created: '' };
    // The jump was real for those who wrote.
    expect(Math.abs(Date.parse(created) - Date.now() - offset)).toBeLessThan(DAY / 2);
  }
  const done = await eventually(
    'the tasks to be done',
    async () => {
      const tasks = (await team.tasks()).filter(({ subject }) => subject.startsWith('With'));
      return tasks.every(({ state }) => state === 'completed') && tasks;
    },
    60_000,
  );
  expect(done).toMatchObject([{ owner: 'ada' }, { owner: 'ada' }, { owner: 'ada' }]);
  const { agents, alerts } = await team.status();
  expect(agents.map(({ incarnation }) => incarnation)).toEqual([1, 1]);
  expect(alerts).toEqual([]);
  expect(roleHolder(supervisorRoleFile(team.dir))).toEqual(supervisor);
});
