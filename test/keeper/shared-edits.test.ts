import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { watchSharedEdits } from '../../src/keeper/shared-edits.ts';
import { openMailbox } from '../../src/mailbox/mailbox.ts';
import { NEW_AGENT, writeAgentRecord } from '../../src/team/agent-record.ts';
import { eventually } from '../support/eventually.ts';
import { type Said, serveStrictly } from '../support/strict/server.ts';
import { launchOn } from '../support/strict/team.ts';
import { teamFiles } from '../support/team-files.ts';

const wait = (file: string) =>
  `for i in $(seq 600); do test -e ${file} && break; sleep 0.1; done; test -e ${file}`;

test.concurrent('two teammates at work on one file are both told, once, and nobody else is', async ({
  onTestFinished,
}) => {
  let folder = '';
  const write = (file: string, content: string): [string, Record<string, unknown>] => [
    'write',
    { file_path: join(folder, file), content },
  ];
  const server = await serveStrictly(({ agent, number }): Said => {
    if (agent === 'lead')
      return { text: 'I wait.', calls: [['bash', { command: wait(join(folder, 'never')) }]] };
    if (number === 1)
      return { text: 'I write.', calls: [write('report.md', agent), write(`${agent}.md`, agent)] };
    if (number === 2) return { text: 'I wait.', calls: [['bash', { command: wait(join(folder, 'go')) }]] };
    if (number === 3) return { text: 'Again.', calls: [write('report.md', `${agent} again`)] };
    return { text: 'Done.' };
  }, onTestFinished);
  const team = await launchOn(server, ['--teammates', '2'], onTestFinished, (desk) => {
    folder = desk.folder;
  });
  const mails = async (agent: string) =>
    (await team.mail({ agent, from: 'team' })).filter(({ text }) => text.includes('both change'));
  const notices = async (agent: string) => (await mails(agent)).map(({ text }) => text);
  await team.send('ada', 'Write.');
  await eventually('ada to have written', () => existsSync(join(folder, 'ada.md')), 40_000);
  await team.send('ben', 'Write.');
  await eventually(
    'both to be told',
    async () => {
      const told = [...(await mails('ada')), ...(await mails('ben'))];
      return told.length === 2 && told.every(({ state }) => state !== 'queued');
    },
    40_000,
  );
  writeFileSync(join(folder, 'go'), '');
  await team.settled('ada');
  await team.settled('ben');
  expect(await notices('ada')).toEqual([expect.stringContaining('You and ben both change "mine/report.md"')]);
  expect(await notices('ben')).toEqual([expect.stringContaining('You and ada both change "mine/report.md"')]);
  expect(await notices('lead')).toEqual([]);
  for (const agent of ['ada', 'ben']) {
    const third = server.asked.find((asked) => asked.agent === agent && asked.number === 3);
    expect(third?.all, agent).toContain('both change');
  }
  expect(server.refused).toEqual([]);
});

test('who is not at work, or was long ago, is no reason to be told, and a hundred files are ten notices', async () => {
  const dir = await teamFiles();
  const mailbox = openMailbox(dir);
  let now = Date.parse('2026-01-01T00:00:00Z');
  const grants = [{ name: 'mine', path: '/nowhere/mine', mode: 'rw' as const }];
  const failures: unknown[] = [];
  const watcher = (agent: string) =>
    watchSharedEdits({
      ...{ dir, agent, incarnation: 1, mailbox, grants, now: () => now },
      onFailure: (error) => failures.push(error),
    });
  const [ada, ben] = [watcher('ada'), watcher('ben')];
  const is = (agent: string, state: 'idle' | 'working') =>
    writeAgentRecord(dir, agent, { ...NEW_AGENT, state });
  const wrote = (by: typeof ada, path: string, grant = 'mine') =>
    by.happened({ type: 'changed', kind: 'write', grant, path });
  const notices = async (agent: string) => (await mailbox.log({ agent })).length;
  /** What is written is looked at in its order: when this one is told, the ones before it were decided on. */
  const decided = async (path: string) => {
    await is('ada', 'working');
    wrote(ada, path);
    wrote(ben, path);
    await eventually(`${path} to be told`, async () =>
      (await mailbox.log({ agent: 'ben' })).some(({ text }) => text.includes(path)),
    );
  };
  await is('ada', 'idle');
  wrote(ada, 'handed-over.txt');
  wrote(ben, 'handed-over.txt');
  wrote(ada, 'granted-to-nobody.txt', 'other');
  wrote(ben, 'granted-to-nobody.txt', 'other');
  await eventually('ben to have noted', () =>
    readFileSync(join(dir, 'edits.jsonl'), 'utf8').includes('"by":"ben"'),
  );
  await decided('first.txt');
  expect(await notices('ben')).toBe(1);
  wrote(ada, 'old.txt');
  now += 11 * 60_000;
  wrote(ben, 'old.txt');
  await decided('second.txt');
  expect(await notices('ben')).toBe(2);
  for (let i = 0; i < 100; i++) wrote(ada, `many-${i}.txt`);
  for (let i = 0; i < 100; i++) wrote(ben, `many-${i}.txt`);
  await eventually('ben to have noted all', () =>
    readFileSync(join(dir, 'edits.jsonl'), 'utf8').includes(
      '"by":"ben","incarnation":1,"at":"2026-01-01T00:11:00.000Z","type":"edited","grant":"mine","path":"many-99.txt"',
    ),
  );
  await eventually('ten notices', async () => (await notices('ben')) === 10);
  expect(failures).toEqual([]);
});
