import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { answerTyped, requestLines } from '../../src/cli/pane-answer.ts';
import { standingOf } from '../../src/cli/standing.ts';
import { readTeamExtensions } from '../../src/extensions/use/team-extensions.ts';
import type { Approval } from '../../src/protocol/approval.ts';
import { listApprovals } from '../../src/team/approvals.ts';
import { readTeam } from '../../src/team/team.ts';
import { openDesk } from '../support/cowork.ts';
import { eventually } from '../support/eventually.ts';
import { fixture, launch } from '../support/team.ts';
import { openDashboard } from '../web/support/dashboard.ts';

it('one request is answered in pane, browser and command line at once: one answer counts, the others are told who was first', async () => {
  const team = await launch('puppet', ['--teammates', '0']);
  const post = (await openDashboard(team.home)).post;
  await team.order('lead', [
    [
      ['ask_user', { question: 'Blue or green?' }],
      ['request_access', { kind: 'host', target: 'example.org', why: 'To read.' }],
    ],
  ]);
  expect(requestLines(team.dir).join('\n')).toMatch(/a1 {2}lead asks: Blue or green\?[\s\S]*a2/);
  await expect(answerTyped(team.dir, 'a2 perhaps')).rejects.toMatchObject({ code: 'USAGE' });
  const [typed, posted, ran] = await Promise.all([
    answerTyped(team.dir, 'a1 blue it is').catch((error: Error) => error.message),
    post(`/api/teams/${team.name}/approvals/a1`, { isAllowed: true, note: 'green' }),
    team.cowork(['approvals', 'allow', 'a1', '--note', 'red']),
  ]);
  const [a1] = listApprovals(team.dir) as [Approval];
  expect(['blue it is', 'green', 'red']).toContain(a1.note);
  const told = [typed, JSON.stringify(posted.json), ran.stderr].filter((text) =>
    /settled already: allowed by user/.test(text),
  );
  expect(told).toHaveLength(2);
  await eventually('the lead to have one answer', async () =>
    (await team.mail({ agent: 'lead', from: 'user' })).some(({ text }) =>
      text.includes('To your question a1'),
    ),
  );
  // The one who asked went on meanwhile, and the rest stays open.
  expect((await team.cowork(['approvals', '--every-team'])).stdout).toContain('a2  lead asks for a host');
  expect((await team.cowork(['approvals', '--all'])).stdout).toMatch(
    /a1 .*Blue or green\?\n.*allowed by user .*(in a pane|in the browser|on the command line) at .*: (blue it is|green|red)\n/,
  );
});

it('what is always allowed for a project is exactly what was shown, and counts for its later teams', async () => {
  const desk = openDesk();
  mkdirSync(join(desk.folder, '.cowork'));
  const more = join(desk.folder, '..', 'more');
  mkdirSync(more);
  const ask = (kind: string, target: string) =>
    ['request_access', { kind, target, why: 'x' }] as [string, object];
  const flags = ['--teammates', '0', '--team', 'one'];
  const team = await launch('puppet', flags, desk);
  await team.order('lead', [
    [
      ask('host', 'example.org') as never,
      ask('folder', `${more}:ro`) as never,
      ['ask_user', { question: 'Why?' }],
    ],
  ]);
  expect(await team.refusal('approvals', 'allow', 'a3', '--always')).toMatchObject({
    exit: 2,
    code: 'USAGE',
  });
  for (const id of ['a1', 'a2'])
    expect(await team.json('approvals', 'allow', id, '--always')).toMatchObject({ reach: 'project' });
  await team.json('stop', '-t', 'one');
  const again = [
    'launch',
    'Again',
    '--rehearsal',
    fixture('puppet'),
    '--sandbox',
    'none',
    '--teammates',
    '0',
  ];
  const said = await desk.cowork([...again, '-t', 'two', '--json']);
  expect(said.stderr).toContain(`Allowed for this project: example.org, ${more} (ro).`);
  expect(readTeam(JSON.parse(said.stdout).dir)).toMatchObject({
    ...{ grants: [{ path: more, mode: 'ro' }], allowHosts: ['example.org'] },
  });
  expect(await desk.json('project')).toMatchObject({
    ...{ path: desk.folder, teams: ['one', 'two'] },
    hosts: [{ host: 'example.org', team: 'one', request: 'a1' }],
    folders: [{ path: more, mode: 'ro', team: 'one', request: 'a2' }],
  });
  // The folder that was shown is another one now: nobody has agreed to that.
  renameSync(more, `${more}-before`);
  symlinkSync(desk.tmp, more);
  expect(standingOf(desk.home, desk.folder, [], 'vm')).toMatchObject({
    ...{ grants: [], hosts: ['example.org'] },
    notes: [expect.stringContaining('it leads elsewhere now'), expect.stringContaining('example.org')],
  });
  expect(await desk.json('project', 'forget')).toMatchObject({ hosts: [], folders: [] });
}, 60_000);

it('a server of the project is a request of the team; allowed, it is exactly that one', async () => {
  const desk = openDesk();
  const write = (command: string) =>
    writeFileSync(join(desk.folder, '.mcp.json'), JSON.stringify({ mcpServers: { ours: { command } } }));
  write('first');
  const team = await launch('puppet', ['--teammates', '0'], desk);
  const [asked] = await team.json<Approval[]>('approvals');
  expect(asked).toMatchObject({ id: 'a1', kind: 'connector', agent: 'team', what: 'ours: first' });
  expect((await team.status()).alerts).toMatchObject([{ agent: null, kind: 'approval' }]);
  write('second');
  await team.json('approvals', 'allow', 'a1', '--always');
  expect(readTeamExtensions(team.dir).servers).toMatchObject([
    { name: 'ours', command: 'first', isAgreed: true },
  ]);
  expect((await team.status()).alerts).toEqual([]);
  expect(await desk.json('connector', 'list')).toMatchObject([{ command: 'second', isAgreed: false }]);
  write('first');
  expect(await desk.json('connector', 'list')).toMatchObject([{ command: 'first', isAgreed: true }]);
  // The running agent starts it without a restart.
  await eventually(
    'the server to be started',
    async () => {
      const [server] = await team.json<{ agents: { state: string }[] }[]>(
        'connector',
        'list',
        '-t',
        team.name,
      );
      return server?.agents[0]?.state;
    },
    60_000,
  );
}, 90_000);
