import { mkdirSync, rmSync } from 'node:fs';
import { expect, test } from 'vitest';
import { supervise } from '../../src/supervisor/supervise.ts';
import { ledgerFile } from '../../src/team/paths.ts';
import { rosterEntry, teamFiles } from '../support/team-files.ts';

const ENDED = { phase: 'stopped', ended: '2026-01-01T00:00:01.000Z', summary: '' } as const;

async function superviseTeam(dir: string, leaveMs = 60_000): Promise<string[]> {
  const events: string[] = [];
  const signal = new AbortController().signal;
  const log = (event: string) => void events.push(event);
  await supervise({ home: '/nowhere', dir, signal, log, leaveMs });
  return events;
}

test('A supervisor leaves a team that has ended and of which nothing runs at once', async () => {
  expect(await superviseTeam(await teamFiles(ENDED))).toEqual([]);
});

test("A supervisor leaves within a bound although what a team that has ended has left can't be cleared away", async () => {
  const dir = await teamFiles(ENDED);
  mkdirSync(ledgerFile(dir)); // no ledger can be read, now and for ever
  const events = await superviseTeam(dir, 1_000);
  expect(events).toContain('round_failed');
  expect(events.at(-1)).toBe('left_undone');
});

test('A supervisor leaves when somebody removes the folder of its team', async () => {
  const dir = await teamFiles({ agents: [{ ...rosterEntry('ada'), wanted: 'stopped' }] });
  const left = superviseTeam(dir);
  rmSync(dir, { recursive: true });
  await left;
});
