import { existsSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { keepRetention } from '../../src/cli/keep-retention.ts';
import { homeOf, keeperLog, recordingFile, settingsFile, transcriptFile } from '../../src/team/paths.ts';
import { removeFiles, whatGoes } from '../../src/team/retention.ts';
import { createTeam, updateTeam } from '../../src/team/team.ts';
import { listTeamFiles, sumSizes } from '../../src/team/team-sizes.ts';
import { teamFiles, teamRecord } from '../support/team-files.ts';

const DAY = 24 * 3600 * 1000;
const MIB = 1024 * 1024;
const now = Date.now();

/** Three teams: two that have ended, and one that runs; each with a recording, a log and a transcript, one MiB each, so many days old. */
async function threeTeams() {
  const dir = await teamFiles({ phase: 'done' });
  const home = homeOf(dir);
  const dirs = [dir, await createTeam(home, teamRecord({ name: 'old', phase: 'stopped' }))];
  dirs.push(await createTeam(home, teamRecord({ name: 'runs' })));
  dirs.forEach((each, i) => {
    for (const file of [recordingFile(each, 'ada'), keeperLog(each, 'ada'), transcriptFile(each, 'ada')]) {
      writeFileSync(file, Buffer.alloc(MIB));
      const at = (now - ([5, 50, 500][i] ?? 0) * DAY) / 1000;
      utimesSync(file, at, at);
    }
  });
  return { home, dirs: dirs as [string, string, string] };
}
const names = (goes: ReturnType<typeof whatGoes>) =>
  goes.map(({ team, path }) => `${team} ${path.split('/').at(-1)}`).toSorted();

test('recordings and logs of teams that have ended go by age, the oldest first by size; transcripts only when they are named', async () => {
  const { home } = await threeTeams();
  expect(names(whatGoes(home, { days: 30 }, now))).toEqual(['old keeper.log', 'old pane.cast']);
  expect(names(whatGoes(home, { days: 1 }, now))).toHaveLength(4);
  expect(names(whatGoes(home, { days: 600 }, now))).toEqual([]);
  expect(names(whatGoes(home, { megabytes: 3 }, now))).toHaveLength(1);
  expect(names(whatGoes(home, { megabytes: 2 }, now))).toEqual(['old keeper.log', 'old pane.cast']);
  expect(names(whatGoes(home, { megabytes: 4 }, now))).toEqual([]);
  expect(names(whatGoes(home, { megabytes: 0, withTranscripts: true }, now))).toHaveLength(4);
  expect(names(whatGoes(home, { days: 30, withTranscripts: true }, now))).toEqual([
    'old keeper.log',
    'old pane.cast',
    'old transcript.jsonl',
  ]);
});

test('what goes is gone, and nothing of a team that was brought back meanwhile', async () => {
  const { home, dirs } = await threeTeams();
  const goes = whatGoes(home, { days: 1 }, now);
  await updateTeam(dirs[0], (team) => ({ ...team, phase: 'running' }));
  expect(names(removeFiles(home, goes))).toEqual(['old keeper.log', 'old pane.cast']);
  expect(existsSync(recordingFile(dirs[0], 'ada'))).toBe(true);
  expect(existsSync(recordingFile(dirs[1], 'ada'))).toBe(false);
  expect(existsSync(transcriptFile(dirs[1], 'ada'))).toBe(true);
});

test('a launch keeps to what settings.json says, and without it removes nothing', async () => {
  const { home, dirs } = await threeTeams();
  let said = '';
  const stderr = { write: (text: string) => (said += text) } as never;
  keepRetention({ home, stderr });
  expect(said).toBe('');
  writeFileSync(settingsFile(home), '{"retention":{"days":30}}');
  keepRetention({ home, stderr });
  expect(said).toBe(
    'Removed 2 recordings and logs of teams that have ended (2.0 MiB), as settings.json says.\n',
  );
  expect(existsSync(recordingFile(dirs[0], 'ada'))).toBe(true);
  writeFileSync(settingsFile(home), '{"retention":{"days":30,"transcripts":true}}');
  expect(() => keepRetention({ home, stderr })).toThrow(
    expect.objectContaining({ code: 'SETTINGS_INVALID' }),
  );
});

test('sizes are told by what a team is made of, and links count for nothing', async () => {
  const { dirs } = await threeTeams();
  mkdirSync(join(dirs[0], 'artifacts'), { recursive: true });
  writeFileSync(join(dirs[0], 'artifacts', 'a'), 'abc');
  expect(sumSizes(listTeamFiles(dirs[0]))).toMatchObject({
    ...{ transcripts: MIB, recordings: MIB, logs: MIB, artifacts: 3 },
    other: expect.any(Number),
  });
});
