import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { roleHolder } from '../../src/store/role.ts';
import { readLedger } from '../../src/team/ledger.ts';
import { supervisorRoleFile } from '../../src/team/paths.ts';
import { kill } from '../support/cowork.ts';
import { eventually } from '../support/eventually.ts';
import { sharedTeam, type TestTeam } from '../support/team.ts';

const team = sharedTeam('puppet', ['--teammates', '1', '--limit', 'silence=2']);

/** The process that carries ada's present life. */
function bodyOf(of: TestTeam, agent: string): number {
  const machines = readLedger(of.dir).filter((entry) => entry.what === 'machine' && entry.agent === agent);
  return machines.at(-1)?.process?.pid ?? Number.NaN;
}
const alertsOf = async (kind: string) =>
  (await team().status()).alerts.filter((alert) => alert.agent === 'ada' && alert.kind === kind);

test('an agent that hangs is shown as wedged with one alert, and goes on as it was when it answers again', async () => {
  await team().settled('ada');
  const body = bodyOf(team(), 'ada');
  kill(body, 'SIGSTOP');
  const { reason } = await team().settled('ada', 'wedged');
  expect(reason).toMatch(/^answers nothing for 2 s; is started again if it stays so for 2 s more$/);
  await eventually('the alert', async () => (await alertsOf('wedged')).length === 1);
  kill(body, 'SIGCONT');
  expect(await team().settled('ada')).toMatchObject({ state: 'idle', incarnation: 1 });
  await eventually('the alert to be closed', async () => (await alertsOf('wedged')).length === 0);
});

test('an agent that goes on hanging is started again as after a death, and the lead is told why', async () => {
  kill(bodyOf(team(), 'ada'), 'SIGSTOP');
  const back = await eventually(
    'ada to be back',
    async () => {
      const status = await team().agent('ada');
      return status.incarnation === 2 && status.state === 'idle' ? status : undefined;
    },
    30_000,
  );
  expect(back.reason).not.toContain('answers nothing');
  const told = (await team().mail({ agent: 'lead', from: 'team' })).map(({ text }) => text);
  expect(told.filter((text) => text.startsWith('ada died: it was wedged: no answer for 4 s'))).toHaveLength(
    1,
  );
  await eventually('the alert to be closed', async () => (await alertsOf('wedged')).length === 0);
});

test('sleep of the whole machine is no silence: whoever was stopped for long together goes on', async () => {
  const { pid } = await team().agent('ada');
  const supervisor = roleHolder(supervisorRoleFile(team().dir))?.pid;
  const all = [pid ?? Number.NaN, bodyOf(team(), 'ada'), supervisor ?? Number.NaN];
  for (const each of all) kill(each, 'SIGSTOP');
  await delay(6_000); // what is tested is that time passes
  for (const each of all.toReversed()) kill(each, 'SIGCONT');
  const [step] = await team().order('ada', [[['bash', { command: 'echo still here' }]]]);
  expect(step?.results[0]?.text).toContain('still here');
  expect(await team().agent('ada')).toMatchObject({ incarnation: 2 });
});

test('a keeper that somebody stops is shown and told of, killed by nobody, and goes on as it was', async () => {
  const before = await team().settled('ada');
  kill(before.pid ?? Number.NaN, 'SIGSTOP');
  expect(await team().settled('ada', 'wedged')).toMatchObject({
    pid: before.pid,
    reason: expect.stringContaining('stopped by a signal'),
  });
  await eventually('the alert', async () => (await alertsOf('keeper stopped')).length === 1, 30_000);
  kill(before.pid ?? Number.NaN, 'SIGCONT');
  const [step] = await team().order('ada', [[['bash', { command: 'echo goes on' }]]]);
  expect(step?.results[0]?.text).toContain('goes on');
  expect(await team().agent('ada')).toMatchObject({ pid: before.pid, incarnation: before.incarnation });
  await eventually(
    'the alert to be closed',
    async () => (await alertsOf('keeper stopped')).length === 0,
    30_000,
  );
});

test('a limit that is none is refused with what there is', async () => {
  const refused = (limit: string) => team().refusal('launch', 'x', '--limit', limit, '--sandbox', 'none');
  expect(await refused('memroy=1')).toMatchObject({
    exit: 2,
    code: 'USAGE',
    message: 'There is no limit "memroy".',
  });
  expect((await refused('memory=lots')).hint).toContain('memory=1024');
  expect((await refused('memory=1')).message).toContain('from 384 to 65536 (MiB)');
  expect((await refused('disk=2000')).message).toContain('does not fit into 1024 MiB');
});
