import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createRecorder } from '../../src/files/changes/recorder.ts';
import { openRoot } from '../../src/files/tree.ts';
import { loadIds } from '../../src/store/ids.ts';
import { checkpointsFolder } from '../../src/team/paths.ts';
import { createTeam } from '../../src/team/team.ts';
import { openDesk } from '../support/cowork.ts';
import { teamRecord } from '../support/team-files.ts';

/** A desk with a team that is over, whose agent ada has written `text` to words.txt. */
async function deskAfter(text: string) {
  const desk = openDesk();
  const grants = [{ name: 'mine', path: desk.folder, mode: 'rw' } as const];
  const dir = await createTeam(desk.home, teamRecord({ sandbox: 'vm', phase: 'done', grants }));
  const words = join(desk.folder, 'words.txt');
  writeFileSync(words, 'one\ntwo\n');
  const opened = openRoot(desk.folder);
  if ('reason' in opened) throw new Error(opened.reason);
  const recorder = createRecorder({
    ...{ checkpoints: checkpointsFolder(dir), writer: 'ada', incarnation: 1, ids: await loadIds() },
  });
  const change = { kind: 'write', path: 'words.txt', file: words, root: opened.fd } as const;
  const spot = { directory: opened.fd, name: 'words.txt' };
  const grant = { name: 'mine', root: desk.folder, mode: 'rw' } as const;
  await recorder.before({ ...change, grant, spot });
  writeFileSync(words, text);
  recorder.watch(grant).after({ ...change, grant, spot });
  return { desk, words };
}

test('diff reads like git, prints no control character of an agent, and undo puts back', async () => {
  const { desk, words } = await deskAfter('one\n\x1b]52;c;evil\x07\n');
  const { stdout } = await desk.cowork(['diff']);
  expect(stdout).toContain(`modified  ${words}  (ada)\n@@ -1,2 +1,2 @@\n one\n-two\n+␛]52;c;evil␇\n`);
  expect((await desk.cowork(['undo', words])).stdout).toContain('put back');
  expect(readFileSync(words, 'utf8')).toBe('one\ntwo\n');
  expect((await desk.cowork(['diff'])).stdout).toBe('Nothing has changed.\n');
  expect((await desk.cowork(['undo'])).stdout).toBe('There is nothing to put back.\n');
});

test('a conflict is refused with its reason, and a path outside every grant is named', async () => {
  const { desk, words } = await deskAfter('ada');
  writeFileSync(words, 'mine, later');
  const refusal = await desk.refusal('undo');
  expect(refusal).toMatchObject({
    exit: 4,
    code: 'CHANGES_CONFLICT',
    message: expect.stringContaining(words),
  });
  expect(readFileSync(words, 'utf8')).toBe('mine, later');
  mkdirSync(join(desk.tmp, 'other'));
  expect(await desk.refusal('undo', join(desk.tmp, 'other'))).toMatchObject({ exit: 3, code: 'NOT_GRANTED' });
  expect(await desk.refusal('diff', '--agent', 'adda')).toMatchObject({ exit: 3, code: 'AGENT_UNKNOWN' });
  await desk.json('undo', '/grants/mine/words.txt', '--force');
  expect(readFileSync(words, 'utf8')).toBe('one\ntwo\n');
});
