import { readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { kill } from '../support/cowork.ts';
import { eventually } from '../support/eventually.ts';
import { launch, type TestTeam } from '../support/team.ts';

const SLOW = { timeout: 120_000 };

test(
  'a team that was stopped comes back whole: roster, tasks, what each agent said, and what was written to it meanwhile',
  SLOW,
  async () => {
    const team = await launch('puppet');
    await work(team);
    const before = await picture(team);
    expect((await team.cowork(['stop', '--team', team.name])).code).toBe(0);
    expect(team.processes()).toEqual([]);
    const meanwhile = await team.begin('ada', [[['bash', { command: 'echo read after all' }]]]);
    expect((await team.mail({ agent: 'ada' })).at(-1)?.state).toBe('undeliverable');

    const resumed = await team.json<{ team: string; dir: string; agents: string[] }>(
      'resume',
      '-t',
      team.name,
    );
    expect(resumed).toEqual({ team: team.name, dir: team.dir, agents: ['lead', 'ada', 'ben'] });
    expect(await picture(team)).toEqual(before);
    const { state, summary, agents } = await team.status();
    expect({ state, summary }).toEqual({ state: 'running', summary: null });
    expect(agents.map(({ incarnation }) => incarnation)).toEqual([2, 2, 2]);
    expect((await meanwhile.done(60_000))[0]?.results[0]?.text).toContain('read after all');
    await knowsAndWorks(team);
    const told = await team.mail({ agent: 'lead', from: 'team', grep: /has resumed the team/ });
    expect(told).toHaveLength(1);
  },
);

test(
  'a team whose processes were all killed comes back with its tasks open again and its mail unread',
  SLOW,
  async () => {
    const team = await launch('puppet');
    await work(team);
    const before = await picture(team);
    await team.send('ada', JSON.stringify({ steps: [[['bash', { command: 'sleep 100' }]]] }));
    await eventually('the command to run', () =>
      team.processes().some(({ command }) => command === 'sleep 100'),
    );
    for (const { pid } of team.processes()) kill(pid);
    await eventually('all to be dead', () => team.processes().length === 0);

    const unread = await team.begin('ben', [[['bash', { command: 'echo read after all' }]]]);
    await team.json('resume', '-t', team.name);
    expect((await unread.done(60_000))[0]?.results[0]?.text).toContain('read after all');
    expect(await picture(team)).toMatchObject({ roster: before.roster, tasks: before.tasks });
    await knowsAndWorks(team);
  },
);

test(
  'an agent that has worked is not started afresh: without its transcript, resume refuses and starts nothing',
  SLOW,
  async () => {
    const team = await launch('puppet');
    await work(team);
    await team.cowork(['stop', '--team', team.name]);
    const transcript = join(team.dir, 'agents', 'ada', 'transcript.jsonl');
    renameSync(transcript, `${transcript}.away`);
    const refused = await team.cowork(['resume', '-t', team.name, '--json']);
    expect(refused.code).toBe(4);
    expect(JSON.parse(refused.stderr).error).toMatchObject({ code: 'TRANSCRIPT_MISSING' });
    expect(refused.stderr).toContain('ada');
    expect((await team.status()).state).toBe('stopped');
    expect(team.processes()).toEqual([]);
    renameSync(`${transcript}.away`, transcript);
    await team.json('resume', '-t', team.name);
    await knowsAndWorks(team);
  },
);

/** Gives the team a past: an order that was carried out, a task that is done and one that waits for it. */
async function work(team: TestTeam): Promise<void> {
  await team.order('ada', [[['bash', { command: 'echo the word is plum' }]]]);
  await team.order('ada', [
    [
      [
        'task_create',
        { subject: 'First', description: '{"steps":[[["bash",{"command":"true"}]]]}', owner: 'ben' },
      ],
    ],
    [['task_create', { subject: 'Later', description: 'wait', depends_on: ['t1'] }]],
  ]);
  await eventually('the first task to be done', async () =>
    (await team.tasks()).some(({ subject, state }) => subject === 'First' && state === 'completed'),
  );
  await team.settled('ada');
  await team.settled('ben');
}

async function picture(team: TestTeam) {
  const { agents } = await team.status();
  return {
    roster: agents.map(({ name, role, model }) => ({ name, role, model })),
    tasks: (await team.tasks()).map(({ id, subject, state, dependsOn }) => ({
      id,
      subject,
      state,
      dependsOn,
    })),
    results: agents.map(({ name }) => team.transcript(name).length > 0),
  };
}

async function knowsAndWorks(team: TestTeam): Promise<void> {
  const [step] = await team.order('ada', [[['bash', { command: 'echo and the word is pear' }]]]);
  expect(step?.results[0]?.text).toContain('pear');
  expect(readFileSync(join(team.dir, 'agents', 'ada', 'transcript.jsonl'), 'utf8')).toMatch(
    /plum[\s\S]*pear/,
  );
}
