import { join } from 'node:path';
import { expect, test } from 'vitest';
import { teamFolder } from '../../src/team/paths.ts';
import { readTeam, updateTeam } from '../../src/team/team.ts';
import { fixture, launch, teamOn } from '../support/team.ts';

test('a team that was imported is resumed and works on: agents remember, tasks and mail go on, and it has no folder', async () => {
  const old = await launch('puppet', ['--teammates', '1']);
  await old.order('ada', [[['bash', { command: 'echo remember me' }]]]);
  await old.json('tasks', 'add', 'Before', '--description', JSON.stringify({ steps: [] }), '--owner', 'ada');
  await old.json('stop');
  const file = join(old.folder, 'old.tar.gz');
  await old.json('export', old.name, '--to', file);
  await old.json('remove', '-t', old.name);
  await old.json('import', file, '--team', 'again');

  const dir = teamFolder(old.home, 'again');
  const team = teamOn(old, 'again', dir);
  expect(await team.status()).toMatchObject({
    state: 'stopped',
    agents: [{ name: 'lead' }, { name: 'ada' }],
  });
  const before = await team.tasks();
  // An import drops the script of a rehearsal and asks for machines: here neither a model nor a machine is at hand.
  await updateTeam(dir, (now) => ({ ...now, sandbox: 'none', rehearsal: fixture('puppet') }));
  await team.json('resume', '-t', 'again');
  const [step] = await (await team.begin('ada', [[['bash', { command: 'echo here again' }]]])).done(60_000);
  expect(step?.results[0]?.text).toContain('here again');
  const remembered = JSON.stringify(team.transcript('ada'));
  expect(remembered).toContain('remember me');
  expect(remembered).toContain('your conversation was restored');
  expect((await team.agent('ada')).incarnation).toBe(2);
  expect(readTeam(dir).grants).toEqual([]);
  const { id } = await team.json<{ id: string }>('tasks', 'add', 'After', '--owner', 'lead', '-t', 'again');
  expect(id).toBe(`t${before.length + 1}`);
  await team.begin('lead', [[['finish_job', { summary: 'Done elsewhere.', force: true }]]]);
  expect(await team.json('wait', '-t', 'again')).toMatchObject({ state: 'done', summary: 'Done elsewhere.' });
}, 120_000);
