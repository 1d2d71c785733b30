import { isDeepStrictEqual } from 'node:util';
import { expect, test } from 'vitest';
import { startTerminal } from '../pane/support.ts';
import { PROGRAM } from '../support/cowork.ts';
import { eventually } from '../support/eventually.ts';
import { launch } from '../support/team.ts';

test('mail to the user is seen once it was shown on an attached terminal, and acked once it is answered; `cowork mail` marks nothing', async () => {
  const team = await launch('puppet', ['--teammates', '1']);
  const states = async (): Promise<Record<string, string>> => {
    const { stdout } = await team.cowork(['mail', '--agent', 'user', '--json']);
    const mail = stdout.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)]));
    return Object.fromEntries(mail.map(({ text, state }) => [text, state]));
  };
  const tell = async (text: string) => {
    const steps = [[['send_message', { to: 'user', text }]]];
    await team.send('ada', JSON.stringify({ steps, silent: true }));
    return eventually('the message', async () =>
      (await team.mail({ agent: 'user' })).find((message) => message.text === text),
    );
  };
  await tell('first');
  await tell('second');
  expect(await states()).toEqual({ first: 'queued', second: 'queued' });

  const args = [PROGRAM, 'attach', 'lead', '-t', team.name];
  const person = startTerminal(process.execPath, args, { cols: 100, rows: 30, env: team.env });
  await person.shows('2 messages to you wait in the mail', 20_000);
  expect(await states()).toEqual({ first: 'queued', second: 'queued' });
  person.type('\x1dm');
  await person.shows(/ada → user.*first/, 20_000);
  const both = { first: 'seen', second: 'seen' };
  await eventually(
    'what the mail shows to be seen',
    async () => isDeepStrictEqual(await states(), both),
    20_000,
  );
  person.type('q');

  const { id } = await tell('later');
  await person.shows('ada writes to you: later', 20_000);
  await eventually('what was shown to be seen', async () => (await states()).later === 'seen', 20_000);
  person.type('\x1dd');
  await person.exited;

  await team.json('send', 'ada', 'Thank you', '--reply-to', id);
  expect((await states()).later).toBe('acked');
  await tell('nobody watches');
  expect((await states())['nobody watches']).toBe('queued');
});
