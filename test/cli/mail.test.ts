import { expect, test } from 'vitest';
import { hashFolder } from '../store/support/hash-folder.ts';
import { eventually } from '../support/eventually.ts';
import { launch } from '../support/team.ts';

test('a person sends, waits until it is seen, and reads the log, a thread and the line of time, which change nothing', async () => {
  const team = await launch('puppet', ['--teammates', '1']);
  const sent = await team.json<{ id: string; state: string }>(
    'send',
    'ada',
    'an \u001b[2J order',
    '--wait',
    'seen',
    '--timeout',
    '40',
  );
  expect(['seen', 'acked']).toContain(sent.state);
  await team.json('send', 'ada', 'more', '--reply-to', sent.id, '--key', 'k');
  await team.json('send', 'ada', 'more', '--reply-to', sent.id, '--key', 'k');
  expect(await team.refusal('send', 'ada', 'more', '--reply-to', 'nothing')).toMatchObject({
    ...{ exit: 3, code: 'MESSAGE_UNKNOWN' },
  });
  const { code } = await team.cowork(['tasks', 'add', 'Do it', '--description', '{}', '--needs', 'review']);
  expect(code).toBe(0);
  await eventually(
    'the task to be taken',
    async () => (await team.tasks()).some(({ owner }) => owner === 'ada'),
    20_000,
  );
  await team.cowork(['stop']);
  const before = hashFolder(team.dir);
  const thread = await team.cowork(['mail', '--thread', sent.id, '--json']);
  const texts = thread.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).text);
  expect(texts).toEqual(['an \u001b[2J order', 'more']);
  const last = await team.cowork(['mail', '--agent', 'ada', '--last', '1', '--kind', 'message', '--json']);
  expect(JSON.parse(last.stdout)).toMatchObject({ text: 'more', replyTo: sent.id });
  const whole = await team.cowork(['mail', '--message', sent.id]);
  expect(whole.stdout).toContain('an ␛[2J order');
  const line = await team.cowork(['mail', '--timeline']);
  expect(line.stdout).not.toContain('\u001b');
  expect(line.stdout).toMatch(/● ada {2}life 1 begins/);
  expect(line.stdout).toMatch(/▪ user {2}t\d+ created: Do it/);
  expect(line.stdout).toMatch(/▪ ada {2}t\d+ claimed/);
  expect(line.stdout).toMatch(/user → ada {2}\[/);
  expect(hashFolder(team.dir)).toBe(before);
});
