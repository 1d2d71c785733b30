import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { recordingFile, teamFolder } from '../../src/team/paths.ts';
import { createTeam } from '../../src/team/team.ts';
import { openDesk } from '../support/cowork.ts';
import { teamRecord } from '../support/team-files.ts';

it('a team is exported, shown and removed, imported again, and cleaned of its recordings', async () => {
  const desk = openDesk();
  const dir = await createTeam(desk.home, teamRecord({ phase: 'done', ended: '2026-01-02T00:00:00.000Z' }));
  writeFileSync(recordingFile(dir, 'ada'), Buffer.alloc(2048));
  const file = join(desk.folder, 'mine.cowork.tar.gz');
  expect(await desk.json('export', 'mine')).toMatchObject({ team: 'mine', file, files: 2 });
  expect(await desk.refusal('export', 'mine')).toMatchObject({ exit: 2, code: 'USAGE' });
  expect((await desk.cowork(['remove', '-t', 'mine', '--dry-run'])).stdout).toMatch(
    /With team "mine" go: .*recordings 2\.0 KiB/,
  );
  expect(existsSync(dir)).toBe(true);
  expect(await desk.json('remove', '-t', 'mine')).toMatchObject({
    removed: 'mine',
    sizes: { recordings: 2048 },
  });
  expect(existsSync(dir)).toBe(false);
  expect(await desk.refusal('import', join(desk.folder, 'words.txt'))).toMatchObject({
    code: 'ARCHIVE_INVALID',
  });
  expect(await desk.refusal('import', file, '--max-mib', '0.001')).toMatchObject({
    exit: 4,
    code: 'ARCHIVE_INVALID',
  });
  expect(await desk.json('import', file, '--team', 'again')).toMatchObject({ team: 'again', files: 2 });
  expect(await desk.json('status', '-t', 'again')).toMatchObject({ state: 'done', job: 'Count.' });
  expect((await desk.cowork(['clean'])).stdout).toMatch(/^again .*recordings 2\.0 KiB/);
  expect((await desk.cowork(['clean', '--over', '0'])).stdout).toContain('Remove it with --yes.');
  expect(await desk.refusal('clean', '--transcripts')).toMatchObject({ exit: 2, code: 'USAGE' });
  const recording = recordingFile(teamFolder(desk.home, 'again'), 'ada');
  expect(existsSync(recording)).toBe(true);
  expect(await desk.json('clean', '--over', '0', '--yes')).toMatchObject({
    removed: true,
    goes: [{ kind: 'recordings', written: expect.stringMatching(/^\d{4}-.*T.*\.\d{3}Z$/) }],
  });
  expect(existsSync(recording)).toBe(false);
}, 60_000);
