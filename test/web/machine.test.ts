import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openMemory } from '../../src/memory/memory.ts';
import type { FigureSeries } from '../../src/team/figures.ts';
import { openDesk } from '../support/cowork.ts';
import { eventually } from '../support/eventually.ts';
import { fixture } from '../support/team.ts';
import { enter, openDashboard } from './support/dashboard.ts';

const LAUNCH = {
  job: '--json is no flag here',
  team: 'fromweb',
  teammates: [{ name: 'ada', role: 'counts' }],
  sandbox: 'none',
  rehearsal: fixture('puppet'),
};

it('a team is launched from the page as `cowork launch` would, and what is wrong is said in its words', async () => {
  const desk = openDesk();
  const { post, get } = await openDashboard(desk.home, 'full', desk.env);
  const grants = [{ path: desk.folder, mode: 'ro' }];
  const wrong = await post('/api/launch', {
    ...LAUNCH,
    grants: [{ path: join(desk.folder, 'none'), mode: 'rw' }],
  });
  expect(wrong.json.error).toMatchObject({ code: 'GRANT_INVALID', hint: expect.stringMatching(/./) });
  expect((await post('/api/launch', { ...LAUNCH, grants, evil: 1 })).json.error.code).toBe('REQUEST_INVALID');
  const { status, json } = await post('/api/launch', { ...LAUNCH, grants });
  expect([status, json]).toEqual([
    200,
    expect.objectContaining({ team: 'fromweb', agents: ['lead', 'ada'] }),
  ]);
  expect((await get('/api/teams/fromweb')).json).toMatchObject({
    status: { job: LAUNCH.job },
    grants: [{ mode: 'ro' }],
  });
  expect((await get('/api/teams/fromweb/logs?agent=ada')).text).toContain('machine_started');
  await eventually('the machine of ada in the figures', async () => {
    const { agents } = (await get('/api/teams/fromweb/figures')).json as unknown as FigureSeries;
    return (agents.ada?.memory.at(-1) ?? 0) > 0;
  });
  expect((await post('/api/teams/fromweb/remove', {})).json.error.code).toBe('TEAM_RUNNING');
  expect((await post('/api/teams/fromweb/spawn', { name: 'ada' })).status).toBe(409);
  expect((await post('/api/teams/fromweb/spawn', { name: 'ben', role: 'adds up' })).status).toBe(200);
  expect((await get('/api/teams/fromweb')).json).toMatchObject({
    status: { agents: [{ name: 'lead' }, { name: 'ada' }, { name: 'ben' }] },
  });
  expect((await post('/api/teams/fromweb/stop', {})).status).toBe(200);
  expect((await post('/api/teams/fromweb/remove', {})).status).toBe(200);
  expect((await get('/api/teams/fromweb')).status).toBe(404);
});

it('folders, notes, schedules and plugins of the machine are listed, and notes are forgotten', async () => {
  const desk = openDesk();
  const asker = await openDashboard(desk.home, 'full', desk.env);
  const { get, post } = asker;
  mkdirSync(join(desk.folder, 'receipts'));
  mkdirSync(join(desk.folder, '.hidden'));
  writeFileSync(join(desk.folder, 'a.txt'), '');
  const { json } = await get(`/api/folders?path=${encodeURIComponent(desk.folder)}`);
  expect(json).toMatchObject({ folders: [{ name: 'receipts' }], files: 1 });
  expect((await get('/api/folders?path=/nowhere')).json.error.code).toBe('WEB_FOLDER');
  const looker = await enter(asker, asker.dashboard.link('read'));
  expect((await asker.ask('/api/folders', { headers: { cookie: looker } })).status).toBe(403);
  await openMemory(desk.home, null).change(
    'user/tea.md',
    { agent: 'user', team: null },
    () => '# Tea\nGreen.\n',
  );
  expect((await get('/api/memory')).json).toMatchObject([{ name: 'user/tea.md', title: 'Tea' }]);
  expect((await get('/api/memory/note?name=user/tea.md')).text).toContain('Green.');
  const agree = (revision?: string) => post('/api/memory/allow', { name: 'user/tea.md', revision });
  expect((await agree('another')).json.error.code).toBe('MEMORY_CHANGED');
  expect((await agree()).status).toBe(400);
  const { revision } = JSON.parse((await get('/api/memory/note?name=user/tea.md')).text);
  expect((await agree(revision)).json).toMatchObject({ name: 'user/tea.md', isAgreed: true });
  expect((await post('/api/memory/forget', { name: 'user/tea.md' })).status).toBe(200);
  expect((await get('/api/memory')).json).toEqual([]);
  expect((await get('/api/schedules')).json).toEqual([]);
  expect((await get('/api/plugins')).json).toEqual([]);
  expect((await post('/api/schedules/remove', { name: 'none' })).status).toBe(404);
});
