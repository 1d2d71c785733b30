import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Approval } from '../../src/protocol/approval.ts';
import type { Artifact } from '../../src/team/artifacts.ts';
import { eventually } from '../support/eventually.ts';
import { type Said, serveStrictly } from '../support/strict/server.ts';
import { launchOn, toItsEnd } from '../support/strict/team.ts';

test.concurrent('a question waits for the user without holding up the agent, and the answer is the user’s own word', async ({
  onTestFinished,
}) => {
  const server = await serveStrictly(({ number, last }) => {
    if (number === 1)
      return {
        text: 'I ask.',
        calls: [['ask_user', { question: 'Which colour?', options: ['red', 'blue'] }]],
      };
    if (!last.includes('Which colour?')) return { text: 'I wait for the answer.' };
    return { text: 'Thanks.', calls: [['finish_job', { summary: last }]] };
  }, onTestFinished);
  const team = await launchOn(server, ['--teammates', '0'], onTestFinished);
  const [asked] = await eventually('the question', async () => {
    const open = await team.json<Approval[]>('approvals');
    return open.length > 0 ? open : undefined;
  });
  expect(asked).toMatchObject({
    id: 'a1',
    kind: 'question',
    agent: 'lead',
    what: 'Which colour?',
    why: 'One of: red · blue',
  });
  await team.settled('lead');
  await team.json('approvals', 'allow', 'a1', '--note', 'Blue, please');
  const { status } = await toItsEnd(team);
  expect(status.summary).toMatch(
    /A message from the user\.[\s\S]*To your question a1 \(Which colour\?\): Blue, please/,
  );
  expect(server.refused).toEqual([]);
});

test.concurrent('what is presented is kept with the team as it was, with maker, version and checksum; nothing else can be taken along', async ({
  onTestFinished,
}) => {
  const present = (path: string): [string, Record<string, unknown>] => [
    'present',
    { path, title: 'The words', kind: 'text' },
  ];
  let folder = '';
  const steps = (): Said[] => [
    { text: 'Look.', calls: [present(join(folder, 'words.txt'))] },
    {
      text: 'Better.',
      calls: [
        [
          'bash',
          {
            command: `cd ${folder} && head -c 700000 /dev/zero > words.txt && truncate -s 65M huge.csv && mkfifo pipe`,
          },
        ],
      ],
    },
    {
      text: 'Look.',
      calls: [
        present(join(folder, 'words.txt')),
        present('/etc/hostname'),
        present(join(folder, 'link')),
        present('nowhere'),
        present(folder),
        present(join(folder, 'huge.csv')),
        present(join(folder, 'pipe')),
      ],
    },
    { text: 'Done.', calls: [['finish_job', { summary: 'Done.' }]] },
  ];
  const server = await serveStrictly(
    ({ number }) => steps()[number - 1] ?? { text: 'Done.' },
    onTestFinished,
  );
  const team = await launchOn(server, ['--teammates', '0'], onTestFinished, (desk) => {
    folder = desk.folder;
    symlinkSync('/etc/passwd', join(folder, 'link'));
  });
  expect((await toItsEnd(team)).status.state).toBe('done');
  const all = await team.json<Artifact[]>('artifacts');
  expect(all.map(({ id, maker, title, version, bytes }) => [id, maker, title, version, bytes])).toEqual([
    ['r1', 'lead', 'The words', 1, 19],
    ['r2', 'lead', 'The words', 2, 700_000],
  ]);
  for (const { path, sha256 } of all) {
    expect(path.startsWith(join(team.dir, 'artifacts'))).toBe(true);
    expect(createHash('sha256').update(readFileSync(path)).digest('hex')).toBe(sha256);
  }
  expect(server.asked[3]?.last.match(/neither in your scratch folder nor in a granted folder/g)).toHaveLength(
    2,
  );
  expect(server.asked[3]?.last).toContain('There is no file nowhere');
  expect(server.asked[3]?.last.match(/is no file\./g)).toHaveLength(2);
  expect(server.asked[3]?.last).toMatch(/REQUEST_TOO_LARGE[\s\S]*has 65 MiB; an artifact has at most 64/);
  expect(server.asked[3]?.last.match(/REQUEST_INVALID/g)).toHaveLength(5);
  const { stdout } = await team.cowork(['artifacts', 'open', 'r1']);
  expect(existsSync(stdout.trim())).toBe(true);
  rmSync(stdout.trim());
  expect(await team.refusal('artifacts', 'open', 'r1')).toMatchObject({ exit: 3, code: 'ARTIFACT_UNKNOWN' });
  expect(await team.refusal('artifacts', 'open', 'r9')).toMatchObject({ exit: 3, code: 'ARTIFACT_UNKNOWN' });
});
