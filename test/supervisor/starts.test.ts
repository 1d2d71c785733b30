import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { STARTS_AT_ONCE } from '../../src/keeper/start-turn.ts';
import { readLedger } from '../../src/team/ledger.ts';
import { keeperLog } from '../../src/team/paths.ts';
import { launch } from '../support/team.ts';

test('no more agents start at a time than the host has processors for, the lead first', async () => {
  const team = await launch('puppet', ['--teammates', String(STARTS_AT_ONCE + 2)]);
  const planned = readLedger(team.dir).filter(({ type }) => type === 'incarnation_planned');
  expect(planned).toHaveLength(STARTS_AT_ONCE + 3);
  expect(planned[0]?.agent).toBe('lead');
  const lives = planned.map(({ agent, at }) => ({ from: Date.parse(at), to: welcomedAt(team.dir, agent) }));
  for (const { from } of lives) {
    const starting = lives.filter((other) => other.from <= from && from < other.to);
    expect(starting.length).toBeLessThanOrEqual(STARTS_AT_ONCE);
  }
}, 120_000);

/** When an agent was told who it is; it can't be ready before. */
function welcomedAt(dir: string, agent: string): number {
  const line = readFileSync(keeperLog(dir, agent), 'utf8')
    .split('\n')
    .find((text) => text.includes('"/agent/welcome"'));
  return Number(JSON.parse(line ?? '{}').time);
}
