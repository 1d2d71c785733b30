import { describe, expect, it, test } from 'vitest';
import { knownOfCutCalls } from '../../src/keeper/cut-calls.ts';
import { openTranscript } from '../../src/keeper/transcript.ts';
import { openMailbox } from '../../src/mailbox/mailbox.ts';
import { openMemory } from '../../src/memory/memory.ts';
import { TEAM_TOOLS } from '../../src/protocol/tools.ts';
import { openTaskList } from '../../src/tasklist/tasklist.ts';
import { askApproval } from '../../src/team/approvals.ts';
import { homeOf, transcriptFile } from '../../src/team/paths.ts';
import { addTeammate } from '../../src/team/roster.ts';
import { updateTeam } from '../../src/team/team.ts';
import { openUploads } from '../../src/team/uploads.ts';
import { teamFiles } from '../support/team-files.ts';

type Call = [name: string, input: Record<string, unknown>];

/** A team in which ada's model has just said these calls, in ada's first life. */
async function called(calls: Call[], agent = 'ada') {
  const dir = await teamFiles();
  const mailbox = openMailbox(dir);
  const tasks = openTaskList(dir);
  const say = () =>
    openTranscript(transcriptFile(dir, agent), agent, 1).append([
      { type: 'user', content: [{ type: 'text', text: 'Go.' }] },
      {
        type: 'assistant',
        content: calls.map(([name, input], i) => ({ type: 'tool_use', id: `c${i}`, name, input })),
      },
    ]);
  const known = async () => {
    const said = await knownOfCutCalls({ dir, agent, mailbox, tasks });
    return calls.map((_, i) => said[`c${i}`]);
  };
  return { dir, mailbox, tasks, say, known, me: { by: agent, incarnation: 1 } };
}

test('of each call on the team that was cut off its files say whether it was done', async () => {
  const { dir, mailbox, tasks, say, known, me } = await called([
    ['send_message', { to: 'ben', text: 'It is done.' }],
    ['send_message', { to: 'ben', text: 'It is not sent.' }],
    ['broadcast', { text: 'To all.' }],
    ['broadcast', { text: 'To some.' }],
    ['task_create', { subject: 'Made', description: 'x' }],
    ['task_create', { subject: 'Not made', description: 'x' }],
    ['task_claim', {}],
    ['task_update', { id: 't1', state: 'completed' }],
    ['task_update', { id: 't2', state: 'completed' }],
    ['ask_user', { question: 'Which one?' }],
    ['request_access', { kind: 'host', target: 'example.org' }],
    ['task_list', {}],
    ['bash', { command: 'true' }],
  ]);
  for (const subject of ['One', 'Two']) await tasks.create({ by: 'lead', incarnation: 1, subject });
  await say();
  const from = { from: 'ada', incarnation: 1 };
  const { id } = await mailbox.send({ ...from, to: 'ben', text: 'It is done.' });
  // The same words of somebody else, or to somebody else, are no proof.
  await mailbox.send({ from: 'lead', incarnation: 1, to: 'ben', text: 'It is not sent.' });
  await mailbox.send({ ...from, to: 'lead', text: 'It is not sent.' });
  await mailbox.broadcast({ ...from, recipients: ['lead', 'ben'], text: 'To all.' });
  await mailbox.broadcast({ ...from, recipients: ['ben'], text: 'To some.' });
  await tasks.create({ ...me, subject: 'Made' });
  await tasks.claim(me);
  await tasks.update({ ...me, id: 't1', state: 'completed' });
  await tasks.releaseIncarnation({ agent: 'ada', incarnation: 1, reason: 'killed' });
  await askApproval(dir, { kind: 'question', agent: 'ada', incarnation: 1, what: 'Which one?', why: '' });
  expect(await known()).toEqual([
    `It was done: message ${id} to ben is sent. Do not do it again.`,
    expect.stringContaining('not done: no such message'),
    expect.stringContaining('It was done: it is sent to'),
    expect.stringContaining('sent to ben, and not to lead'),
    expect.stringContaining('It was done: it is task t3'),
    expect.stringContaining('It was not done: there is no such task'),
    expect.stringContaining('you had claimed t1'),
    'It was done: t1 is completed. Do not do it again.',
    expect.stringMatching(/It was not done: t2 is pending.*claim it again/),
    expect.stringContaining('It was done: it is request a1'),
    expect.stringContaining('It was not done'),
    expect.stringContaining('only looks'),
    undefined,
  ]);
});

test('what was said before the call is no proof of it, and a repeat of the same words is not known', async () => {
  const { mailbox, say, known } = await called([
    ['send_message', { to: 'ben', text: 'ping' }],
    ['send_message', { to: 'ben', text: 'never said' }],
  ]);
  const [first] = [await mailbox.send({ from: 'ada', incarnation: 1, to: 'ben', text: 'ping' })];
  // The reply comes at a later millisecond than that message.
  while (new Date().toISOString() <= first.created) await new Promise(setImmediate);
  await say();
  expect(await known()).toEqual([
    expect.stringContaining('whether also by this call is not known'),
    expect.stringContaining('not done'),
  ]);
});

test('calls of the lead on the roster are seen there', async () => {
  const { say, known } = await called(
    [
      ['spawn_teammate', { name: 'ada' }],
      ['spawn_teammate', { name: 'dan' }],
      ['stop_teammate', { name: 'ben' }],
      ['finish_job', { summary: 'x' }],
    ],
    'lead',
  );
  await say();
  expect((await known()).map((text) => text?.slice(0, 12))).toEqual([
    ...['It was done:', 'It was not d', 'It was not d', 'It was not d'],
  ]);
});

type Team = Awaited<ReturnType<typeof called>>;
const entry = (dir: string, name: string, change: object) =>
  updateTeam(dir, (team) => ({
    ...team,
    agents: team.agents.map((agent) => (agent.name === name ? { ...agent, ...change } : agent)),
  }));
const note = ({ dir }: Team, place: string, text: string | null) =>
  openMemory(homeOf(dir), null).change(place, { agent: 'ada', team: 'mine' }, () => text);
const asked = ({ dir }: Team, kind: 'question' | 'host', what: string) =>
  askApproval(dir, { kind, agent: 'ada', incarnation: 1, what, why: '' });
const from = { from: 'ada', incarnation: 1 };
const STYLE = '/memories/user/style.md';

/** Each call with what it does, and what has to be there before. */
const EFFECTS: Record<
  string,
  { call: Call; by?: 'lead'; before?: (team: Team) => unknown; does: (team: Team) => unknown }
> = {
  send_message: {
    call: ['send_message', { to: 'ben', text: 'Hi.' }],
    does: ({ mailbox }) => mailbox.send({ ...from, to: 'ben', text: 'Hi.' }),
  },
  broadcast: {
    call: ['broadcast', { text: 'Hi.' }],
    does: ({ mailbox }) => mailbox.broadcast({ ...from, recipients: ['lead', 'ben'], text: 'Hi.' }),
  },
  task_create: {
    call: ['task_create', { subject: 'One', description: 'x' }],
    does: ({ tasks, me }) => tasks.create({ ...me, subject: 'One' }),
  },
  task_claim: {
    call: ['task_claim', { id: 't1' }],
    before: ({ tasks }) => tasks.create({ by: 'lead', incarnation: 1, subject: 'One' }),
    does: ({ tasks, me }) => tasks.claim({ ...me, id: 't1' }),
  },
  task_update: {
    call: ['task_update', { id: 't1', state: 'completed' }],
    before: async ({ tasks, me }) => {
      await tasks.create({ by: 'lead', incarnation: 1, subject: 'One' });
      await tasks.claim({ ...me, id: 't1' });
    },
    does: ({ tasks, me }) => tasks.update({ ...me, id: 't1', state: 'completed' }),
  },
  ask_user: { call: ['ask_user', { question: 'Which?' }], does: (team) => asked(team, 'question', 'Which?') },
  request_access: {
    call: ['request_access', { kind: 'host', target: 'example.org', why: 'x' }],
    does: (team) => asked(team, 'host', 'example.org'),
  },
  present: {
    call: ['present', { path: 'r.md', title: 'Report' }],
    does: async ({ dir }) => {
      const uploads = openUploads(dir, 'ada', 1);
      const draft = await uploads.add(Buffer.from('x'), undefined);
      await uploads.finish(draft, { name: 'r.md', title: 'Report', kind: 'markdown' });
    },
  },
  'memory, create': {
    call: ['memory', { command: 'create', path: STYLE, file_text: 'Short.\n' }],
    does: (team) => note(team, 'user/style.md', 'Short.\n'),
  },
  'memory, delete': {
    call: ['memory', { command: 'delete', path: STYLE }],
    before: (team) => note(team, 'user/style.md', 'Short.\n'),
    does: (team) => note(team, 'user/style.md', null),
  },
  'memory, rename': {
    call: ['memory', { command: 'rename', old_path: STYLE, new_path: '/memories/user/new.md' }],
    before: (team) => note(team, 'user/style.md', 'Short.\n'),
    does: async (team) => {
      await note(team, 'user/new.md', 'Short.\n');
      await note(team, 'user/style.md', null);
    },
  },
  submit_plan: {
    call: ['submit_plan', { plan: 'x' }],
    does: ({ dir }) => entry(dir, 'ada', { plan: 'submitted' }),
  },
  spawn_teammate: {
    call: ['spawn_teammate', { name: 'cy', role: 'x', prompt: 'x' }],
    by: 'lead',
    does: ({ dir }) => addTeammate(dir, { name: 'cy', role: 'x', prompt: 'x' }),
  },
  stop_teammate: {
    call: ['stop_teammate', { name: 'ben', reason: 'x' }],
    by: 'lead',
    does: ({ dir }) => entry(dir, 'ben', { wanted: 'stopped' }),
  },
  review_plan: {
    call: ['review_plan', { name: 'ben', approve: true }],
    by: 'lead',
    before: ({ dir }) => entry(dir, 'ben', { plan: 'submitted' }),
    does: ({ dir }) => entry(dir, 'ben', { plan: 'approved' }),
  },
};

describe('an agent that was killed in the middle of a call', () => {
  it.each(Object.keys(EFFECTS))(
    '%s is told that it was done when it was, and that it was not when not',
    async (name) => {
      const effect = EFFECTS[name];
      if (effect === undefined) throw new Error(name);
      for (const isDone of [false, true]) {
        const team = await called([effect.call], effect.by);
        await effect.before?.(team);
        await team.say();
        if (isDone) await effect.does(team);
        const [told] = await team.known();
        expect(told).toMatch(isDone ? /^It was done/ : /^It was not done/);
      }
    },
  );

  it('is told something of every tool on the team', async () => {
    const inTable = new Set(Object.values(EFFECTS).map(({ call: [tool] }) => tool));
    const others = Object.keys(TEAM_TOOLS).filter((tool) => !inTable.has(tool));
    const { say, known } = await called(others.map((tool): Call => [tool, {}]));
    await say();
    const told = await known();
    for (const [i, tool] of others.entries())
      expect([tool, told[i]]).toEqual([tool, expect.stringMatching(/only looks|the job goes on/)]);
    expect(others).toContain('finish_job');
  });
});
