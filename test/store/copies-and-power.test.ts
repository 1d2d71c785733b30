import { cpSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { createNotes } from '../../src/extensions/finding.ts';
import { checksumOfStored, contentFolder, putTree } from '../../src/extensions/install/store.ts';
import { readTree } from '../../src/extensions/load/tree.ts';
import { openTranscript } from '../../src/keeper/transcript.ts';
import { openMailbox } from '../../src/mailbox/mailbox.ts';
import { layFork } from '../../src/supervisor/fork/fork.ts';
import { findMoment } from '../../src/supervisor/fork/moment.ts';
import { recordAt } from '../../src/supervisor/fork/record-at.ts';
import { openTaskList } from '../../src/tasklist/tasklist.ts';
import { exportTeam } from '../../src/team/archive/export.ts';
import { importTeam } from '../../src/team/archive/import.ts';
import { readConversation } from '../../src/team/conversation.ts';
import { homeOf, memoryFolder, teamFolder, transcriptFile } from '../../src/team/paths.ts';
import { readTeam } from '../../src/team/team.ts';
import { teamFiles } from '../support/team-files.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { injectFaults } from './support/faults.ts';

const LONG = `Hello. ${'x'.repeat(40_000)}`;

/** A home with a team that has ended, with mail, a task, a conversation and something at /memory. */
async function homeWithTeam(): Promise<string> {
  const ended = { phase: 'done', ended: '2026-01-02T00:00:00.000Z', summary: 'Counted.' } as const;
  const dir = await teamFiles(ended);
  await openMailbox(dir).send({ from: 'user', to: 'ada', text: LONG, incarnation: 0 });
  await openTaskList(dir).create({ by: 'lead', incarnation: 1, subject: 'Count' });
  await openTranscript(transcriptFile(dir, 'ada'), 'ada', 1).append([
    { type: 'user', content: [{ type: 'text', text: 'Begin.' }] },
  ]);
  mkdirSync(memoryFolder(dir));
  writeFileSync(join(memoryFolder(dir), 'kept.md'), 'Keep this.\n');
  return homeOf(dir);
}

/** Whether a copy of that team is there; one that is there must be whole. */
async function hasWhole(home: string, name: string): Promise<boolean> {
  const dir = teamFolder(home, name);
  if (!existsSync(dir)) return false;
  expect(readTeam(dir).name).toBe(name);
  const mailbox = openMailbox(dir);
  const mail = await mailbox.log({ agent: 'ada' });
  expect(await Promise.all(mail.slice(0, 1).map((message) => mailbox.body(message)))).toEqual([LONG]);
  expect((await openTaskList(dir).list()).map(({ subject }) => subject)).toEqual(['Count']);
  expect(readConversation(dir, 'ada')).toHaveLength(1);
  return true;
}

/**
 * Does the work with a power failure at each of its operations, and at last right after it was acknowledged. What it makes is whole or not there, and there
 * when it was acknowledged.
 */
async function withPowerFailures(
  start: string,
  work: (home: string) => Promise<unknown>,
  isThere: (home: string) => Promise<boolean> | boolean,
): Promise<number> {
  for (let nth = 1; ; nth++) {
    const home = join(await temporaryFolder(), '.cowork');
    cpSync(start, home, { recursive: true });
    const faults = injectFaults(dirname(home), nth, 'power');
    const outcome = Promise.resolve().then(() => work(home));
    const isAcknowledged = await outcome.then(
      () => !faults.isDead,
      () => false,
    );
    while (!faults.isDead) {
      try {
        readdirSync(home);
      } catch {
        break; // the power has failed here
      }
    }
    faults.restore();
    const found = await isThere(home);
    if (!isAcknowledged) continue;
    expect(found).toBe(true);
    return nth;
  }
}

test('the power fails at any operation of an import: the team is there whole, or not at all, and stays once that is said', async () => {
  const start = await homeWithTeam();
  const file = join(await temporaryFolder(), 'mine.tar.gz');
  await exportTeam(teamFolder(start, 'mine'), file);
  const steps = await withPowerFailures(
    start,
    (home) => importTeam({ home, file, name: 'again', images: '/images' }),
    (home) => hasWhole(home, 'again'),
  );
  expect(steps).toBeGreaterThan(20);
}, 60_000);

test('the power fails at any operation of a fork: the new team is there whole, or not at all, and stays once that is said', async () => {
  const start = await homeWithTeam();
  const steps = await withPowerFailures(
    start,
    (home) => {
      const from = teamFolder(home, 'mine');
      const moment = findMoment(from, readTeam(from), undefined);
      return layFork(home, from, recordAt(from, readTeam(from), moment, 'other'), moment);
    },
    (home) => hasWhole(home, 'other'),
  );
  expect(steps).toBeGreaterThan(40);
}, 60_000);

test('the power fails at any operation that puts a plugin into the store: its content is there as its name says, or not at all', async () => {
  const start = join(await temporaryFolder(), '.cowork');
  mkdirSync(start, { mode: 0o700 });
  const plugin = await temporaryFolder();
  mkdirSync(join(plugin, 'commands'));
  writeFileSync(join(plugin, 'README.md'), 'A shop.\n');
  writeFileSync(join(plugin, 'commands', 'sell.md'), 'Sell it.\n');
  const tree = readTree(plugin, createNotes());
  const checksum = putTree(join(await temporaryFolder(), 'elsewhere'), tree);
  const steps = await withPowerFailures(
    start,
    async (home) => putTree(home, tree),
    (home) => {
      if (!existsSync(contentFolder(home, checksum))) return false;
      expect(checksumOfStored(home, checksum)).toBe(checksum);
      return true;
    },
  );
  expect(steps).toBeGreaterThan(10);
}, 60_000);
