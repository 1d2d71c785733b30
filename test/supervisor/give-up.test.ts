import { expect, test } from 'vitest';
import { openMailbox } from '../../src/mailbox/mailbox.ts';
import { holdRole } from '../../src/store/role.ts';
import { superviseAgent } from '../../src/supervisor/agent-life.ts';
import { resumeTeam } from '../../src/supervisor/resume.ts';
import { readAgentRecord } from '../../src/team/agent-record.ts';
import { openAlerts, readAlerts } from '../../src/team/alerts.ts';
import { lastIncarnation, readLedger } from '../../src/team/ledger.ts';
import { homeOf, supervisorRoleFile } from '../../src/team/paths.ts';
import { findAgent, readTeam } from '../../src/team/team.ts';
import { fixture } from '../support/team.ts';
import { teamFiles } from '../support/team-files.ts';

/** The life of ada, whose every keeper ends as soon as it was started, on a clock of the test. */
async function shortLived(agent = 'ada') {
  const dir = await teamFiles({ rehearsal: fixture('puppet') });
  const world = { now: 0 };
  const ended = { identity: undefined, hasExited: () => true };
  const life = superviseAgent({
    ...{ home: '/nowhere', dir, name: agent, wake: () => {} },
    ...{ standby: { take: () => ended }, now: () => world.now },
  });
  const look = async (afterMs = 0): Promise<boolean> => {
    world.now += afterMs;
    const team = readTeam(dir);
    return life.reconcile(team, findAgent(team, agent), true);
  };
  const lives = () => lastIncarnation(readLedger(dir), agent);
  return { dir, life, look, lives };
}

/** Deaths that make up a pause: it is started only when that is over. */
const PAUSES = [250, 500, 1000, 2000, 4000];

test('an agent that dies again and again is started after longer and longer pauses, five times, and is then one alert', async () => {
  const { dir, life, look, lives } = await shortLived();
  expect(await look()).toBe(true);
  for (const [i, pause] of PAUSES.entries()) {
    expect(await look(), 'it has died').toBe(false);
    expect(await look(pause - 1), `the pause of ${pause} ms`).toBe(false);
    expect(await look(1)).toBe(true);
    expect(lives()).toBe(i + 2);
  }
  expect(openAlerts(dir)).toMatchObject([{ agent: 'ada', kind: 'died' }]);
  expect(await look()).toBe(false);
  expect(await look(60 * 60_000), 'it is not tried again by itself').toBe(false);
  expect(life.isAtRest()).toBe(true);
  expect(lives()).toBe(6);
  expect(readAgentRecord(dir, 'ada')).toMatchObject({
    state: 'failed',
    reason: expect.stringMatching(/^died 6 times: /),
  });
  expect(openAlerts(dir)).toMatchObject([
    { kind: 'failed', text: expect.stringContaining('cowork resume -t mine') },
  ]);
  expect(readAlerts(dir).filter(({ type }) => type === 'raised')).toHaveLength(2);
  const told = (await openMailbox(dir).log({ agent: 'lead' })).map(({ text }) => text);
  expect(told).toHaveLength(6);
  expect(told.at(-1)).toContain('It will not be started again.');
});

test('deaths that lie ten minutes back count no more', async () => {
  const { dir, look, lives } = await shortLived();
  await look();
  for (let i = 0; i < 12; i++) {
    expect(await look()).toBe(false);
    expect(await look(10 * 60_000)).toBe(true);
  }
  expect(lives()).toBe(13);
  expect(readAgentRecord(dir, 'ada').state).not.toBe('failed');
});

test('an agent that has failed may try again when the user resumes the team, also while that runs', async () => {
  const { dir, look, lives } = await shortLived();
  await look();
  for (const pause of PAUSES) {
    await look();
    await look(pause);
  }
  await look();
  expect(readAgentRecord(dir, 'ada').state).toBe('failed');
  await look();
  // This process stands for the supervisor, so that none is started.
  await holdRole(supervisorRoleFile(dir), { by: 'team' });
  await resumeTeam({ home: homeOf(dir), env: {}, name: 'mine' });
  expect(openAlerts(dir)).toEqual([]);
  expect(await look()).toBe(true);
  expect(lives()).toBe(7);
  expect(await look(), 'its deaths are counted anew').toBe(false);
  expect(readAgentRecord(dir, 'ada').state).toBe('starting');
});

test('a lead that has died too often ends the team as failed', async () => {
  const { dir, look } = await shortLived('lead');
  await look();
  for (const pause of PAUSES) {
    await look();
    await look(pause);
  }
  await look();
  expect(readTeam(dir)).toMatchObject({
    phase: 'failed',
    summary: expect.stringContaining("The lead can't go on"),
  });
});
