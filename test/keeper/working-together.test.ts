import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { sharedTeam } from '../support/team.ts';

const team = sharedTeam('puppet', ['--teammates', '2']);

test('a message reaches a busy agent between two of its tool calls', async () => {
  const sleep = ['bash', { command: 'sleep 1' }] as const;
  const busy = await team().begin('ada', [[[...sleep]], [[...sleep]], [[...sleep]]]);
  await team().settled('ada', 'working');
  const { id } = await team().send('ada', 'Look at this');
  const steps = await busy.done();
  const at = steps.findIndex(({ mail }) => mail.some(({ text }) => text === 'Look at this'));
  expect(at).toBeGreaterThanOrEqual(0);
  expect(at).toBeLessThan(2);
  await eventually('the message to be acked', async () =>
    (await team().mail({ agent: 'ada' })).some((message) => message.id === id && message.state === 'acked'),
  );
});

test('a note waits for the end of the turn', async () => {
  const busy = await team().begin('ada', [
    [['bash', { command: 'sleep 1' }]],
    [['bash', { command: 'true' }]],
  ]);
  await team().settled('ada', 'working');
  const { id } = await team().send('ada', 'No hurry', 'note');
  const steps = await busy.done();
  expect(steps.flatMap(({ mail }) => mail)).toEqual([]);
  await eventually('the note to be acked', async () =>
    (await team().mail({ agent: 'ada' })).some((message) => message.id === id && message.state === 'acked'),
  );
});

test('an interrupt stops the running command at once, and every call is answered', async () => {
  const busy = await team().begin('ada', [
    [
      ['bash', { command: 'sleep 60' }],
      ['bash', { command: 'echo second' }],
    ],
  ]);
  await eventually('the command to run', () =>
    team()
      .processes()
      .some(({ command }) => command === 'sleep 60'),
  );
  const told = performance.now();
  await team().send('ada', 'Stop that', 'interrupt');
  const [step] = await busy.done();
  expect(performance.now() - told).toBeLessThan(5_000);
  expect(step?.results.map(({ isCut }) => isCut)).toEqual([true, true]);
  expect(step?.mail.map(({ text }) => text)).toEqual(['Stop that']);
  await eventually(
    'the command to be gone',
    () =>
      !team()
        .processes()
        .some(({ command }) => command === 'sleep 60'),
  );
  const [next] = await team().order('ada', [[['bash', { command: 'echo usable again' }]]]);
  expect(next?.results[0]?.text).toContain('usable again');
  expect((await team().agent('ada')).unread).toBe(0);
});

test('a turn that ends without a report is reported to the lead by the runtime', async () => {
  await team().send('ben', JSON.stringify({ say: 'I found seven of them.', silent: true }));
  const report = await eventually('the report', async () =>
    (await team().mail({ agent: 'lead', from: 'ben' })).find(({ kind }) => kind === 'report'),
  );
  expect(report.text).toBe('I found seven of them.');
});

test('an agent that reports by itself is not reported again', async () => {
  const before = (await team().mail({ agent: 'lead', from: 'ben' })).length;
  await team().order('ben', [[['send_message', { to: 'lead', text: 'I told you.' }]]]);
  await team().settled('ben');
  const since = (await team().mail({ agent: 'lead', from: 'ben' })).slice(before);
  expect(since.map(({ kind, text }) => [kind, text])).toEqual([['message', 'I told you.']]);
});

test('an idle teammate is given the next open task, in the order of the list', async () => {
  for (const subject of ['First', 'Second']) {
    await team().json('tasks', 'add', subject, '--owner', 'ben', '--description', '{}');
  }
  const tasks = await eventually('both to be done', async () => {
    const mine = (await team().tasks()).filter(({ owner }) => owner === 'ben');
    return mine.length === 2 && mine.every(({ state }) => state === 'completed') ? mine : undefined;
  });
  expect(tasks.map(({ subject }) => subject)).toEqual(['First', 'Second']);
  expect(tasks[0]?.updated.localeCompare(tasks[1]?.updated ?? '')).toBe(-1);
});

test('a message to an agent that is not there is refused with the nearest name, and nothing is written', async () => {
  const before = (await team().mail()).length;
  expect(await team().refusal('send', 'adda', 'Hello')).toMatchObject({
    ...{ exit: 3, code: 'AGENT_UNKNOWN', hint: 'Did you mean ada?' },
  });
  expect(await team().mail()).toHaveLength(before);
  const [step] = await team().order('ada', [[['send_message', { to: 'bne', text: 'Hello' }]]]);
  expect(step?.results[0]).toMatchObject({ isError: true });
  expect(step?.results[0]?.json.error).toMatchObject({ code: 'AGENT_UNKNOWN', hint: 'Did you mean ben?' });
});

test('a repeat of a key sends and creates nothing twice', async () => {
  const message = { to: 'ben', text: 'Only once', key: 'once' };
  const task = { subject: 'Only once', description: '{}', owner: 'lead', key: 'once' };
  const steps = await team().order('ada', [
    [
      ['send_message', message],
      ['task_create', task],
    ],
    [
      ['send_message', message],
      ['task_create', task],
    ],
  ]);
  const ids = steps.map(({ results }) => results.map(({ json }) => json.id));
  expect(ids[1]).toEqual(ids[0]);
  expect((await team().mail({ agent: 'ben' })).filter(({ text }) => text === 'Only once')).toHaveLength(1);
  expect((await team().tasks()).filter(({ subject }) => subject === 'Only once')).toHaveLength(1);
});

test('the lead starts a teammate, once for a key, and the name is then taken', async () => {
  const cleo = { name: 'cleo', role: 'helper', prompt: 'Help.', key: 'cleo' };
  const [first, second, third] = await team().order('lead', [
    [['spawn_teammate', cleo]],
    [['spawn_teammate', cleo]],
    [['spawn_teammate', { ...cleo, key: 'another' }]],
  ]);
  expect(first?.results[0]?.json).toMatchObject({ name: 'cleo', role: 'teammate', state: 'starting' });
  expect(second?.results[0]?.isError).toBe(false);
  expect(third?.results[0]?.json.error.code).toBe('AGENT_TAKEN');
  await team().settled('cleo');
  expect((await team().status()).agents.map(({ name }) => name)).toEqual(['lead', 'ada', 'ben', 'cleo']);
  const [step] = await team().order('cleo', [[['send_message', { to: 'ada', text: 'I am new.' }]]]);
  expect(step?.results[0]?.json.state).toMatch(/queued|delivered/);
});

test('the job is not finished while tasks are open, unless the lead insists', async () => {
  const [step] = await team().order('lead', [[['finish_job', { summary: 'Done.' }]]]);
  expect(step?.results[0]).toMatchObject({ isError: true, json: { error: { code: 'JOB_OPEN' } } });
  expect(step?.results[0]?.json.error.message).toContain('t1 (pending)');
  expect((await team().status()).state).toBe('running');
});

test('stopping one agent ends its processes only; its mail is kept as undeliverable, and who writes or has written to it is told', async () => {
  const { pid, vmPid } = await team().agent('ben');
  await team().begin('ben', [[['bash', { command: 'sleep 60' }]]]);
  await eventually('ben to be at work', () =>
    team()
      .processes()
      .some(({ command }) => command === 'sleep 60'),
  );
  await team().send('ben', 'You will never see this', 'note');
  await team().order('ada', [[['send_message', { to: 'ben', text: 'Nor this', priority: 'note' }]]]);
  await team().json('stop', 'ben');
  const left = team().processes();
  expect(left.some((each) => each.pid === pid || each.pid === vmPid || each.command === 'sleep 60')).toBe(
    false,
  );
  expect(await team().agent('ben')).toMatchObject({ state: 'stopped', pid: null, vmPid: null });
  const told = async (sender: string) =>
    (await team().mail({ agent: sender, from: 'team' })).filter(({ text }) =>
      text.startsWith('ben is stopped'),
    );
  await eventually('who has written to ben to be told', async () => (await told('ada')).length > 0);
  expect((await told('ada')).map(({ text }) => text.split(': ').at(-1))).toEqual(['Nor this']);
  expect((await told('user')).map(({ text }) => text.split(': ').at(-1))).toEqual([
    'You will never see this',
  ]);
  await team().settled('ada');

  const [step] = await team().order('ada', [[['send_message', { to: 'ben', text: 'Are you there?' }]]]);
  expect(step?.results[0]?.json.state).toBe('undeliverable');
  const { code, stderr } = await team().cowork(['send', 'ben', 'Hello?']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: 'Kept, but ben does not run and will not read it.\n' });
  await eventually('what was on its way to be marked', async () => {
    const kept = await team().mail({ agent: 'ben' });
    const last = kept.filter(({ text }) => /never see|Are you there|Hello\?/.test(text));
    return last.length === 3 && last.every(({ state }) => state === 'undeliverable');
  });
});

test('stopping the team leaves no process, no socket, no lock and no temporary folder', async () => {
  await team().begin('ada', [[['bash', { command: 'sleep 61 & sleep 60' }]]]);
  await eventually('ada to be at work', () =>
    team()
      .processes()
      .some(({ command }) => command === 'sleep 60'),
  );
  expect(await team().json('stop')).toMatchObject({ state: 'stopped', summary: 'Stopped by the user.' });
  expect(team().processes()).toEqual([]);
  expect(readdirSync(team().tmp)).toEqual([]);
  const files = readdirSync(team().home, { recursive: true }).map(String);
  expect(files.filter((file) => /\.(sock|lock|lock-owner|new|tmp)$/.test(file))).toEqual([]);
  expect(readdirSync(team().folder)).toEqual(['words.txt']);
  expect(await team().refusal('spawn', 'dan')).toMatchObject({ exit: 4, code: 'TEAM_ENDED' });
  expect(await team().json('stop')).toMatchObject({ state: 'stopped' });
});
