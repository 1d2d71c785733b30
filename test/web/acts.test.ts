import { expect, it } from 'vitest';
import { listApprovals } from '../../src/team/approvals.ts';
import { eventually } from '../support/eventually.ts';
import { sharedTeam } from '../support/team.ts';
import { openDashboard } from './support/dashboard.ts';

const team = sharedTeam('puppet');
const at = (path: string): string => `/api/teams/${team().name}${path}`;

it('a message that is sent from the page reaches its agent as the user’s word', async () => {
  const { post } = await openDashboard(team().home);
  const steps = [[['send_message', { to: 'user', text: 'I did it' }]]];
  const { status, json } = await post(at('/messages'), {
    to: 'ada',
    text: JSON.stringify({ steps }),
    priority: 'note',
  });
  expect(status).toBe(200);
  expect(json).toMatchObject({ from: 'user', to: 'ada', priority: 'note' });
  await eventually(
    'ada to do it',
    async () => (await team().mail({ agent: 'user', from: 'ada' })).length > 0,
  );
  const [said] = await team().mail({ agent: 'user', from: 'ada' });
  await post(at('/messages'), { to: 'ada', text: 'thank you', replyTo: said?.id });
  expect((await team().mail({ agent: 'user', from: 'ada' }))[0]?.state).toBe('acked');
  const all = await post(at('/broadcast'), { text: 'to all' });
  expect((all.json as unknown as { to: string }[]).map(({ to }) => to).toSorted()).toEqual([
    'ada',
    'ben',
    'lead',
  ]);
});

it('what can not be is refused in the words of the command line, and nothing is written', async () => {
  const { post } = await openDashboard(team().home);
  const ids = async () => (await team().mail({ from: 'user' })).map(({ id }) => id);
  const before = await ids();
  const refusals: [string, unknown, number, string][] = [
    ['/messages', { to: 'adda', text: 'x' }, 404, 'AGENT_UNKNOWN'],
    ['/messages', { to: 'ada', text: '' }, 400, 'REQUEST_INVALID'],
    ['/messages', { to: 'ada', text: 'x', from: 'lead' }, 400, 'REQUEST_INVALID'],
    ['/messages', 'no json', 400, 'REQUEST_INVALID'],
    ['/broadcast', { text: 'x', priority: 'urgent' }, 400, 'REQUEST_INVALID'],
    ['/tasks', { subject: ' ' }, 400, 'TASK_INVALID'],
    ['/tasks', { subject: 'x', owner: 'nobody' }, 404, 'AGENT_UNKNOWN'],
    ['/tasks/t99/cancel', {}, 404, 'TASK_UNKNOWN'],
    ['/approvals/a99', { isAllowed: true }, 404, 'APPROVAL_UNKNOWN'],
    ['/stop', { agent: 'lead' }, 400, 'USAGE'],
  ];
  for (const [path, body, status, code] of refusals) {
    const answer = await post(at(path), body);
    expect(answer.json.error?.code, path).toBe(code);
    expect(answer.status, path).toBe(status);
  }
  expect(await ids()).toEqual(before);
});

it('a task is added, edited, kept for somebody, taken back and cancelled with what depends on it', async () => {
  const { post } = await openDashboard(team().home);
  const first = await post(at('/tasks'), { subject: 'First', owner: 'lead' });
  const { id } = first.json as unknown as { id: string };
  const second = await post(at('/tasks'), { subject: 'Second', dependsOn: [id], owner: 'lead' });
  const { id: next } = second.json as unknown as { id: string };
  expect(second.json).toMatchObject({ state: 'blocked', dependsOn: [id] });
  expect((await post(at(`/tasks/${next}/edit`), { subject: 'Later', owner: 'ada' })).json).toMatchObject({
    ...{ subject: 'Later', owner: 'ada', dependsOn: [id] },
  });
  expect((await post(at(`/tasks/${next}/edit`), { owner: null })).json).toMatchObject({ owner: null });
  expect((await post(at(`/tasks/${id}/cancel`), { reason: 'not needed' })).json).toMatchObject({
    state: 'cancelled',
  });
  const states = (await team().tasks())
    .filter((task) => [id, next].includes(task.id))
    .map(({ state }) => state);
  expect(states).toEqual(['cancelled', 'cancelled']);
  const held = await post(at('/tasks'), {
    subject: 'Held',
    owner: 'ben',
    description: JSON.stringify({ steps: [[['bash', { command: 'sleep 30' }]]] }),
  });
  const { id: mine } = held.json as unknown as { id: string };
  await eventually('ben to claim it', async () =>
    (await team().tasks()).some((task) => task.id === mine && task.state === 'in_progress'),
  );
  expect((await post(at(`/tasks/${mine}/release`), { owner: 'lead', reason: 'rest' })).json).toMatchObject({
    owner: 'lead',
  });
});

it('a question is answered and a folder is allowed once, and the agent hears of it', async () => {
  const { post } = await openDashboard(team().home);
  const ask = [['ask_user', { question: 'Which month?', options: ['May', 'June'] }]] as [
    string,
    Record<string, unknown>,
  ][];
  await team().order('ada', [
    ask,
    [['request_access', { kind: 'folder', target: team().tmp, why: 'to look' }]],
  ]);
  const [question, folder] = listApprovals(team().dir);
  const answered = await post(at(`/approvals/${question?.id}`), { isAllowed: true, note: 'June' });
  expect(answered.json).toMatchObject({ state: 'allowed', note: 'June', answeredBy: 'user' });
  expect((await post(at(`/approvals/${question?.id}`), { isAllowed: false })).json.error.code).toBe(
    'APPROVAL_SETTLED',
  );
  const guarded = await post(at(`/approvals/${folder?.id}`), { isAllowed: true, mode: 'keep' });
  expect(guarded.json.error.code).toBe('GRANT_INVALID');
  expect((await post(at(`/approvals/${folder?.id}`), { isAllowed: true, mode: 'ro' })).json).toMatchObject({
    ...{ state: 'allowed', result: { path: team().tmp, mode: 'ro' } },
  });
  const heard = async (words: string) =>
    (await team().mail({ agent: 'ada' })).find(({ text }) => text.includes(words));
  expect((await eventually('ada to be answered', () => heard('(Which month?): June'))).from).toBe('user');
  await eventually('ada to be told of the folder', () => heard('your request a2 (folder'));
});

it('an agent and then the team are stopped from the page, and nothing of it is left running', async () => {
  const { post, get } = await openDashboard(team().home);
  expect((await post(at('/stop'), { agent: 'ben' })).status).toBe(200);
  expect((await team().agent('ben')).state).toBe('stopped');
  expect((await post(at('/stop'), {})).status).toBe(200);
  expect((await team().status()).state).toBe('stopped');
  expect(team().processes()).toEqual([]);
  expect((await get(at(''))).json).toMatchObject({ status: { state: 'stopped' } });
  expect((await post(at('/broadcast'), { text: 'x' })).json.error.code).toBe('TEAM_ENDED');
});
