import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Approval } from '../../src/protocol/approval.ts';
import { readTeam } from '../../src/team/team.ts';
import { eventually } from '../support/eventually.ts';
import { type Said, serveStrictly } from '../support/strict/server.ts';
import { launchOn, toItsEnd } from '../support/strict/team.ts';

const finish: Said = { text: 'Done.', calls: [['finish_job', { summary: 'Done.' }]] };
const look = (number: number): Said => ({
  text: `Look ${number}.`,
  calls: [['bash', { command: `echo ${number}` }]],
});

test.concurrent('a budget warns at 80 %, pauses at 100 % without losing the turn, and goes on when it is raised', async ({
  onTestFinished,
}) => {
  const server = await serveStrictly(({ number }) => (number < 12 ? look(number) : finish), onTestFinished);
  const rates = { input: 0, output: 0, cacheRead: 1, cacheWrite: 1 };
  const flags = ['--teammates', '0', '--budget', '0.02', '--model', 'my-model'];
  const team = await launchOn(server, flags, onTestFinished, ({ home }) => {
    mkdirSync(home, { recursive: true });
    writeFileSync(join(home, 'prices.json'), JSON.stringify({ 'my-model': rates }));
  });
  const paused = await eventually(
    'the pause',
    async () => {
      const status = await team.status();
      return status.state === 'paused' && status.agents[0]?.state === 'waiting' ? status : undefined;
    },
    30_000,
  );
  expect(paused.costUsd).toBeGreaterThanOrEqual(0.02);
  expect(paused.costUsd).toBeLessThan(0.04);
  expect(paused.agents[0]?.reason).toMatch(
    /paused: 0\.\d\d of 0\.02 USD of the team are used; go on with: cowork resume -t mine --budget 0\.04/,
  );
  const alerts = paused.alerts.map(({ kind }) => kind);
  expect(alerts).toContain('budget of USD');
  expect(alerts.filter((kind) => kind === 'budget of USD nearly used')).toHaveLength(1);
  const before = server.asked.length;
  const { code } = await team.cowork(['wait', '-t', 'mine', '--timeout', '1']);
  expect({ code, asked: server.asked.length }).toEqual({ code: 5, asked: before });
  const [request] = await team.json<Approval[]>('approvals');
  expect(request).toMatchObject({
    ...{ kind: 'budget', agent: 'team', what: 'raise USD of the team from 0.02 to 0.04' },
    detail: { what: 'USD', agent: null, limit: 0.02, proposed: 0.04 },
  });
  expect(await team.refusal('approvals', 'allow', 'a1', '--limit', '0.01')).toMatchObject({ code: 'USAGE' });
  await team.json('approvals', 'allow', 'a1', '--limit', '5');
  const { status } = await toItsEnd(team);
  expect(readTeam(team.dir).budgetUsd).toBe(5);
  expect(status).toMatchObject({ state: 'done', alerts: [] });
  expect(server.refused).toEqual([]);
  // Each step once: nothing was asked again for the pause.
  expect(server.asked.map(({ number }) => number)).toEqual(server.asked.map((_, i) => i + 1));
  expect(server.asked).toHaveLength(12);
});

test.concurrent('the number of replies of an agent is kept by the keeper, over its lives', async ({
  onTestFinished,
}) => {
  const server = await serveStrictly(({ number }) => (number < 6 ? look(number) : finish), onTestFinished);
  const team = await launchOn(server, ['--teammates', '0', '--max-turns', '4'], onTestFinished);
  const lead = await team.settled('lead', 'waiting');
  expect(lead.reason).toMatch(
    /4 of 4 turns of lead are used; go on with: cowork resume -t mine --max-turns 8/,
  );
  expect(server.asked).toHaveLength(4);
  const requests = () => team.json<Approval[]>('approvals', '--all');
  expect(await requests()).toMatchObject([{ kind: 'budget', agent: 'lead', state: 'open' }]);
  await team.json('resume', '--max-turns', '9');
  expect((await toItsEnd(team)).status.state).toBe('done');
  // Raised by a command, the request has no point any more.
  expect(await requests()).toMatchObject([{ state: 'allowed', answeredBy: 'team', answeredIn: 'record' }]);
});

test.concurrent('an agent that makes the same call again and again is stopped, and goes on when somebody speaks to it', async ({
  onTestFinished,
}) => {
  const server = await serveStrictly(({ all }) => {
    return all.includes('Try something else')
      ? finish
      : { text: 'Again.', calls: [['bash', { command: 'echo same' }]] };
  }, onTestFinished);
  const team = await launchOn(server, ['--teammates', '0'], onTestFinished);
  const lead = await team.settled('lead', 'waiting');
  expect(lead.reason).toMatch(/The same call was made 6 times in a row: bash \{"command":"echo same"\}/);
  expect((await team.status()).alerts.map(({ kind }) => kind)).toEqual(['loop']);
  expect(server.asked).toHaveLength(6);
  await team.send('lead', 'Try something else');
  expect((await toItsEnd(team)).status.state).toBe('done');
  expect(server.refused).toEqual([]);
});

test.concurrent('messages past their limit are refused, with the way on', async ({ onTestFinished }) => {
  const write = (number: number): Said => ({
    text: 'I write.',
    calls: [['send_message', { to: 'user', text: `Letter ${number}` }]],
  });
  const server = await serveStrictly(({ number }) => (number < 4 ? write(number) : finish), onTestFinished);
  const team = await launchOn(server, ['--teammates', '0', '--max-messages', '2'], onTestFinished);
  expect((await toItsEnd(team)).status.state).toBe('done');
  expect((await team.mail({ agent: 'user' })).map(({ text }) => text)).toEqual(['Letter 1', 'Letter 2']);
  expect(server.asked[3]?.last).toContain('BUDGET_REACHED');
});

test.concurrent('when one agent is told to slow down, the whole team slows down, and nobody is told twice as soon', async ({
  onTestFinished,
}) => {
  const limitMs = 250;
  let last = 0;
  let tooSoon = 0;
  const server = await serveStrictly(({ number, at }) => {
    const wait = limitMs - (at - last);
    if (wait > 0) {
      tooSoon++;
      return { fault: { status: 429, retryAfterMs: Math.ceil(wait) } };
    }
    last = at;
    return number < 40 ? look(number) : { text: 'Enough.' };
  }, onTestFinished);
  const team = await launchOn(server, ['--teammates', '2'], onTestFinished);
  for (const name of ['ada', 'ben']) await team.send(name, 'Look around.');
  await eventually('12 answers', () => server.asked.length - tooSoon >= 12, 40_000);
  const served = (agent: string) => server.asked.filter((each) => each.agent === agent).length;
  // Fair shares: who asks comes to its turn.
  for (const agent of ['lead', 'ada', 'ben']) expect(served(agent)).toBeGreaterThan(1);
  expect(tooSoon).toBeLessThan(server.asked.length * 0.6);
  expect((await team.status()).agents.map(({ state }) => state)).not.toContain('failed');
  await team.json('stop');
  expect(server.refused).toEqual([]);
});
