import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { addTeammate } from '../../src/team/roster.ts';
import { createTeam, endTeam, findTeam, listTeams, readTeam, updateTeam } from '../../src/team/team.ts';
import { teamFiles, teamRecord } from '../support/team-files.ts';
import { temporaryFolder } from '../support/temporary.ts';

test('changes of a team that come at once are all there in the end, each with a revision of its own', async () => {
  const dir = await teamFiles({ agents: [] });
  const names = Array.from({ length: 20 }, (_, i) => `mate-${i}`);
  await Promise.all(names.map((name) => addTeammate(dir, { name, role: 'x', prompt: '' })));
  const team = readTeam(dir);
  expect(team.agents.map(({ name }) => name).sort()).toEqual([...names].sort());
  expect(team.revision).toBe(1 + names.length);
});

test('a team ends once: the first word stands', async () => {
  const dir = await teamFiles();
  const words = { done: 'one', failed: 'another', stopped: 'a third' } as const;
  const phases = Object.keys(words) as (keyof typeof words)[];
  await Promise.all(phases.map((phase) => endTeam(dir, phase, words[phase])));
  const { phase, summary, revision } = readTeam(dir);
  expect([summary, revision]).toEqual([words[phase as keyof typeof words], 2]);
  await Promise.all(phases.map((late) => endTeam(dir, late, 'too late')));
  expect(readTeam(dir)).toMatchObject({ phase, summary, revision: 2 });
});

test('a change that fails changes nothing and frees the lock', async () => {
  const dir = await teamFiles();
  const failing = updateTeam(dir, () => {
    throw new Error('no');
  });
  await expect(failing).rejects.toThrow('no');
  expect(readTeam(dir).revision).toBe(1);
  await updateTeam(dir, (team) => ({ ...team, summary: 'changed' }));
  expect(readTeam(dir)).toMatchObject({ revision: 2, summary: 'changed' });
});

test('of two teams with one name that are made at once one is there, whole, and nothing of the other', async () => {
  const home = await temporaryFolder();
  const made = await Promise.allSettled([createTeam(home, teamRecord()), createTeam(home, teamRecord())]);
  expect(made.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  expect(readdirSync(join(home, 'teams'))).toEqual(['mine']);
  expect(readTeam(join(home, 'teams', 'mine')).agents).toHaveLength(3);
});

test('without a name the only running team is meant, else the latest', async () => {
  const home = await temporaryFolder();
  const make = (name: string, second: number, phase: 'running' | 'done') =>
    createTeam(home, teamRecord({ name, phase, created: `2026-01-01T00:00:0${second}.000Z` }));
  expect(() => findTeam(home)).toThrow('There is no team yet.');
  const old = await make('old', 1, 'running');
  await make('new', 2, 'done');
  expect(findTeam(home)).toBe(old);
  const newest = await make('newest', 3, 'running');
  expect(findTeam(home)).toBe(newest);
  expect(findTeam(home, 'old')).toBe(old);
  expect(() => findTeam(home, 'odl')).toThrow('There is no team "odl".');
});

test('what lies among the teams and is none is passed over', async () => {
  const home = await temporaryFolder();
  await createTeam(home, teamRecord());
  writeFileSync(join(home, 'teams', 'Notes.txt'), 'x');
  writeFileSync(join(home, 'teams', 'file'), 'x');
  expect(listTeams(home)).toEqual(['mine']);
});

test.each(['', '{"v":1,', 'null', '[]', '{"name":"torn"}'])(
  'a team whose record holds %j stops nobody else: it is listed, and only who means it is told',
  async (content) => {
    const home = await temporaryFolder();
    const mine = await createTeam(home, teamRecord());
    const torn = await createTeam(home, teamRecord({ name: 'torn', created: '2027-01-01T00:00:00.000Z' }));
    writeFileSync(join(torn, 'team.json'), content);
    expect(listTeams(home)).toEqual(['torn', 'mine']);
    expect(findTeam(home)).toBe(mine);
    expect(() => readTeam(findTeam(home, 'torn'))).toThrowError(
      expect.objectContaining({ code: 'TEAM_UNREADABLE', message: expect.stringContaining(torn) }),
    );
  },
);
