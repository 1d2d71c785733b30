import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { stagingFolder } from '../../src/files/review/open-staged.ts';
import { createFileServer } from '../../src/files/server.ts';
import { loadIds } from '../../src/store/ids.ts';
import { checkpointsFolder } from '../../src/team/paths.ts';
import { createTeam } from '../../src/team/team.ts';
import { Client } from '../files/client.ts';
import { openDesk } from '../support/cowork.ts';
import { teamRecord } from '../support/team-files.ts';

/** A desk with a team that is over, whose agent ada has worked in a grant under review. */
async function deskAfterReview() {
  const desk = openDesk();
  const other = join(desk.tmp, 'other');
  mkdirSync(other);
  const grants = [
    { name: 'mine', path: desk.folder, mode: 'review' },
    { name: 'other', path: other, mode: 'rw' },
  ] as const;
  const dir = await createTeam(desk.home, teamRecord({ sandbox: 'vm', phase: 'done', grants: [...grants] }));
  for (const name of ['words.txt', 'old.txt']) writeFileSync(join(desk.folder, name), 'one\ntwo\n');
  const folder = stagingFolder(checkpointsFolder(dir), 'ada', 'mine');
  const staging = { folder, writer: 'ada', incarnation: 1, ids: await loadIds() };
  const server = createFileServer({ grants: [{ name: 'mine', root: desk.folder, mode: 'review', staging }] });
  const listener = createServer((socket) => void server.serve(socket));
  await new Promise<void>((resolve) => listener.listen(join(desk.tmp, 's'), resolve));
  onTestFinished(async () => {
    await server[Symbol.asyncDispose]();
    listener.close();
  });
  const client = await Client.connect(connect(join(desk.tmp, 's')));
  return { desk, client, at: (name: string) => join(desk.folder, name), other };
}

test('diff says what waits and how it lands, apply lands it in the words of diff, and undo takes it back', async () => {
  const { desk, client, at } = await deskAfterReview();
  await client.writeFile('grants/mine/words.txt', 'one\n\x1b]52;c;evil\x07\n');
  await client.unlink('grants/mine/old.txt');
  const shown = await desk.cowork(['diff']);
  expect(shown.stdout).toContain(
    `modified  ${at('words.txt')}  (ada, not applied)\n@@ -1,2 +1,2 @@\n one\n-two\n+␛]52;c;evil␇\n`,
  );
  expect(shown.stderr).toContain('cowork apply [PATH]');
  expect(readFileSync(at('words.txt'), 'utf8')).toBe('one\ntwo\n');
  const [{ staged, agents }] = await desk.json<[{ staged: boolean; agents: string[] }]>(
    'diff',
    at('old.txt'),
  );
  expect([staged, agents]).toEqual([true, ['ada']]);
  expect((await desk.cowork(['apply', at('words.txt')])).stdout).toBe(
    `modified  ${at('words.txt')}  (ada)\nApplied. \`cowork undo\` takes it back.\n`,
  );
  expect(await desk.json('apply', '--agent', 'ada')).toEqual([
    { grant: 'mine', path: at('old.txt'), change: 'deleted', agent: 'ada' },
  ]);
  expect((await desk.cowork(['apply'])).stdout).toBe('There is nothing to apply.\n');
  expect((await desk.cowork(['diff'])).stdout).toContain(`modified  ${at('words.txt')}  (ada)\n`);
  await desk.cowork(['undo']);
  for (const name of ['words.txt', 'old.txt']) expect(readFileSync(at(name), 'utf8')).toBe('one\ntwo\n');
});

test('apply names conflicts and does nothing, undo takes back what was never applied, and a team is not removed before', async () => {
  const { desk, client, at, other } = await deskAfterReview();
  await client.writeFile('grants/mine/words.txt', 'ada');
  await client.writeFile('grants/mine/new.txt', 'ada');
  writeFileSync(at('words.txt'), 'mine, later');
  expect(await desk.refusal('apply')).toMatchObject({
    exit: 4,
    code: 'CHANGES_CONFLICT',
    message: expect.stringMatching(/nothing was applied: .*words\.txt \(it was changed outside since\)/),
  });
  expect((await desk.cowork(['diff', at('words.txt')])).stdout).toContain(
    'conflict: it was changed outside since',
  );
  expect(await desk.refusal('apply', other)).toMatchObject({ exit: 3, code: 'NOT_GRANTED' });
  expect(await desk.refusal('apply', '--agent', 'adda')).toMatchObject({ exit: 3, code: 'AGENT_UNKNOWN' });
  expect(await desk.refusal('remove')).toMatchObject({ exit: 4, code: 'CHANGES_WAITING' });
  await desk.json('apply', '/grants/mine/new.txt');
  expect((await desk.cowork(['undo', at('words.txt')])).stdout).toContain(
    `modified, was not applied, taken back from ada: ${at('words.txt')}\n`,
  );
  expect(readFileSync(at('words.txt'), 'utf8')).toBe('mine, later');
  expect(await desk.json('apply')).toEqual([]);
  expect(await desk.json('remove')).toHaveProperty('removed');
});
