import { expect, test } from 'vitest';
import { Channel } from '../../src/keeper/channel.ts';
import { beginSelf } from '../../src/keeper/self.ts';
import { teammateDuty } from '../../src/keeper/teammate-duty.ts';
import { openMailbox } from '../../src/mailbox/mailbox.ts';
import { holdRole } from '../../src/store/role.ts';
import { superviseAgent } from '../../src/supervisor/agent-life.ts';
import { openTaskList } from '../../src/tasklist/tasklist.ts';
import { appendLedger, readLedger } from '../../src/team/ledger.ts';
import { keeperRoleFile } from '../../src/team/paths.ts';
import { findAgent, readTeam } from '../../src/team/team.ts';
import { teamFiles } from '../support/team-files.ts';

test('a keeper that a killed supervisor had started, and that comes when its life was ended, does not begin', async () => {
  const dir = await teamFiles();
  const file = keeperRoleFile(dir, 'ada');
  // All that the killed supervisor left; the process that it started has not said anything yet.
  await appendLedger(dir, { type: 'incarnation_planned', agent: 'ada', incarnation: 1 });
  const life = superviseAgent({
    ...{ home: '/nowhere', dir, name: 'ada', standby: { take: () => undefined }, wake: () => {} },
    now: () => performance.now(),
  });
  const team = readTeam(dir);
  await life.reconcile(team, findAgent(team, 'ada'), false);
  expect(readLedger(dir).at(-1)).toMatchObject({ type: 'incarnation_ended', agent: 'ada', incarnation: 1 });
  expect(await holdRole(file, { by: 'ada', incarnation: 1 })).toEqual({ held: false, holder: undefined });
  expect(await holdRole(file, { by: 'ada', incarnation: 2 })).toMatchObject({ held: true });
});

test('a keeper whose life others take for ended makes way for the next one, also when there is nothing to do', async () => {
  const dir = await teamFiles();
  const self = beginSelf(dir, 'ada', 'teammate', 1);
  const tasks = openTaskList(dir);
  const duty = teammateDuty({
    ...{ dir, self, tasks, mailbox: openMailbox(dir), channel: new Channel(), hasMail: () => false },
    fail: async () => {},
  });
  self.set({ state: 'idle' });
  const ending = new AbortController();
  const over = expect(duty.run(ending.signal)).rejects.toMatchObject({ code: 'STALE_WRITER' });
  await tasks.releaseIncarnation({ agent: 'ada', incarnation: 1, reason: 'its keeper did not start' });
  await over;
  ending.abort();
  await self.settle();
});
