import { createHash } from 'node:crypto';
import { existsSync, globSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { forkTeam } from '../../src/supervisor/fork/fork.ts';
import { type Said, turnsOf } from '../../src/team/conversation.ts';
import { readTeam } from '../../src/team/team.ts';
import { eventually } from '../support/eventually.ts';
import { launch, teamOn } from '../support/team.ts';
import { rosterEntry, teamFiles } from '../support/team-files.ts';

const SLOW = { timeout: 180_000 };

test(
  'a new team begins where another one was after a turn: roster, tasks, mail and conversations of then, nothing of later; the old one is not touched',
  SLOW,
  async () => {
    const team = await launch('puppet');
    await team.order('ada', [[['bash', { command: 'echo the word is plum' }]]]);
    await team.order('lead', [
      [['task_create', { subject: 'Before', description: 'wait', owner: 'lead' }]],
      [['send_message', { to: 'ben', text: 'before' }]],
    ]);
    await team.settled('lead');
    const turns = await team.json<{ turn: number; tools: string[] }[]>('fork', '--list');
    const last = turns.findLast(({ tools }) => tools.includes('send_message'))?.turn ?? 0;
    await team.order('lead', [
      [['task_create', { subject: 'After', description: 'wait', owner: 'lead' }]],
      [['spawn_teammate', { name: 'cleo', role: 'late', prompt: 'Wait.' }]],
    ]);
    await team.order('ada', [[['bash', { command: 'echo the word is pear' }]]]);
    await team.cowork(['stop', '--team', team.name]);
    const before = pictureOf(team.dir);

    const { code, stdout, stderr } = await team.cowork(['resume', '--from', String(last), '--json']);
    expect(code, stderr).toBe(0);
    const said = JSON.parse(stdout);
    expect(said).toMatchObject({ team: `${team.name}-fork`, agents: ['lead', 'ada', 'ben'] });
    expect(stderr).toContain('Not there yet at that point: cleo.');
    expect(pictureOf(team.dir)).toEqual(before);

    const fork = teamOn(team, said.team, said.dir);
    expect(readTeam(fork.dir)).toMatchObject({
      phase: 'running',
      forkedFrom: { team: team.name, agent: 'lead', turn: last },
    });
    expect((await fork.tasks()).map(({ id, subject }) => [id, subject])).toEqual([
      ['t1', 'Stay'],
      ['t2', 'Before'],
    ]);
    expect((await fork.mail({ agent: 'ben' })).map(({ text }) => text)).toEqual([
      'before',
      expect.stringContaining(`from the team ${team.name}, as it was after turn ${last} of lead`),
    ]);
    expect((await fork.status()).agents.map(({ incarnation }) => incarnation)).toEqual([2, 2, 2]);
    const [step] = await fork.order('ada', [[['bash', { command: 'echo and now fig' }]]]);
    expect(step?.results[0]?.text).toContain('fig');
    const words = JSON.stringify(fork.transcript('ada'));
    expect(words).toMatch(/plum[\s\S]*fig/);
    expect(words).not.toContain('pear');
    // What it had read is read, what it had not is handed to it; nothing twice.
    await fork.settled('ada');
    const now = JSON.stringify(fork.transcript('ada'));
    for (const { id } of await fork.mail({ agent: 'ada' }))
      expect(now.split(`MAIL {\\"id\\":\\"${id}`), id).toHaveLength(2);
    await fork.begin('lead', [[['finish_job', { summary: 'The other way.', force: true }]]]);
    expect(await fork.json('wait', '-t', fork.name)).toMatchObject({ summary: 'The other way.' });
    expect(pictureOf(team.dir)).toEqual(before);
  },
);

test(
  'a team is forked while it runs; a call that was running is told as cut off there and runs on here',
  SLOW,
  async () => {
    const team = await launch('puppet', ['--teammates', '1']);
    const busy = await team.begin('ada', [
      [['bash', { command: `cd ${team.folder}; touch begun; while ! test -e go; do sleep 0.1; done` }]],
    ]);
    await eventually('the command to run', () => existsSync(join(team.folder, 'begun')), 30_000);
    const said = await team.json<{ team: string; dir: string }>('fork', 'other', '-t', team.name);
    expect(said.team).toBe('other');
    const fork = teamOn(team, said.team, said.dir);
    const cut = () => JSON.stringify(fork.transcript('ada')).includes('Cut off: the agent was restarted.');
    await eventually('the call to be told as cut off', cut, 30_000);
    writeFileSync(join(team.folder, 'go'), '');
    const [step] = await busy.done(30_000);
    expect(step?.results[0]).toMatchObject({ isCut: false });
    expect((await team.agent('ada')).incarnation).toBe(1);
  },
);

const head = { v: 1, id: 'x', by: 'lead', incarnation: 1 } as const;
const said = (at: number, entry: Said['entry']): Said => ({
  ...head,
  type: entry.type,
  at: `2026-01-01T00:00:0${at}.000Z`,
  entry,
});

test('a turn is a reply with what follows it up to the next one, also when it stands in several records', () => {
  const text = (words: string) => ({ type: 'text', text: words });
  const turns = turnsOf([
    said(0, { type: 'user', content: [text('Begin.')] }),
    said(1, { type: 'assistant', content: [text('One')] }),
    said(2, { type: 'assistant', content: [{ type: 'tool_use', id: 'a', name: 'bash', input: {} }] }),
    said(3, { type: 'user', content: [{ type: 'tool_result', tool_use_id: 'a', content: '' }] }),
    said(4, { type: 'note', text: 'by the way' }),
    said(5, { type: 'assistant', content: [text('Two')] }),
  ]);
  expect(turns).toMatchObject([
    { turn: 1, text: 'One', tools: ['bash'], end: 4, until: '2026-01-01T00:00:03.000Z' },
    { turn: 2, text: 'Two', tools: [], end: 6 },
  ]);
});

test.each([
  ['3', {}, 'TURN_UNKNOWN', 'lead has had 0 turns'],
  ['soon', {}, 'USAGE', 'no turn'],
  ['0', {}, 'USAGE', 'no turn'],
  ['bob:1', {}, 'AGENT_UNKNOWN', 'bob'],
  [undefined, { store: 'nats://127.0.0.1:1' }, 'FORK_REFUSED', 'on a server'],
  [
    undefined,
    { grants: [{ name: 'code', path: '/code', mode: 'clone' as const }] },
    'FORK_REFUSED',
    'branches',
  ],
  [undefined, { agents: [rosterEntry('lead'), rosterEntry('ada')] }, 'TRANSCRIPT_MISSING', 'ada has worked'],
])(
  'what can not be taken back is refused with the reason, and nothing is made: %s %j',
  async (from, over, code, why) => {
    const dir = await teamFiles({ rehearsal: join(import.meta.dirname, '../fixtures/puppet.ts'), ...over });
    const home = dirname(dirname(dir));
    if (code === 'TRANSCRIPT_MISSING')
      writeFileSync(
        join(dir, 'agents/ada/agent.json'),
        JSON.stringify({ tokens: { input: 1, output: 1, cacheRead: 0, cacheWrite: 0 } }),
      );
    const refused = forkTeam({ home, env: {}, of: 'mine', name: 'other', from });
    await expect(refused).rejects.toMatchObject({ code, message: expect.stringContaining(why) });
    expect(globSync('*', { cwd: join(home, 'teams') })).toEqual(['mine']);
  },
);

/** Every file of a team with its content and time. */
const pictureOf = (dir: string): string[] =>
  globSync('**/*', { cwd: dir })
    .filter((path) => statSync(join(dir, path)).isFile())
    .map((path) => {
      const hash = createHash('sha256')
        .update(readFileSync(join(dir, path)))
        .digest('hex');
      return `${path} ${hash} ${statSync(join(dir, path)).mtimeMs}`;
    })
    .toSorted();
