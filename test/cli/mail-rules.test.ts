import { appendFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Message } from '../../src/protocol/message.ts';
import { eventually } from '../support/eventually.ts';
import { sharedTeam } from '../support/team.ts';

// The rules of mail, asked of the program as people and agents use it: commands, keepers and agents as processes.

const SLOW = 60_000;
const team = sharedTeam('puppet');

const stateOf = async (id: string, agent = 'ada') =>
  (await team().mail({ agent })).find((message) => message.id === id)?.state;

/** Keeps ada busy with one command until the gift `end` is called. */
async function busy(file: string): Promise<{ end(): Promise<void> }> {
  const gate = join(team().folder, file);
  const work = await team().begin('ada', [
    [['bash', { command: `while [ ! -e ${gate} ]; do sleep 0.1; done` }]],
  ]);
  // Not before the command runs is the turn past the place at which it takes mail in.
  const isRunning = () =>
    team()
      .processes()
      .some(({ command }) => command === 'sleep 0.1');
  await eventually('the command to run', isRunning, SLOW);
  return {
    end: async () => {
      writeFileSync(gate, '');
      await work.done(SLOW);
    },
  };
}

test('a person waits until a message is acked, is told when it takes too long, and how far it has come', async () => {
  const acked = await team().json<Message>('send', 'ada', 'Hello', '--wait', 'acked');
  expect(acked.state).toBe('acked');
  const work = await busy('waited-for');
  const late = await team().refusal(
    'send',
    'ada',
    'later',
    '--priority',
    'note',
    '--wait',
    'seen',
    '--timeout',
    '0.5',
  );
  expect(late).toMatchObject({ exit: 5, code: 'MESSAGE_WAIT_TIMEOUT' });
  expect(late.message).toMatch(/is (queued|delivered), not seen/);
  await work.end();
});

test('a broadcast is one event with one state for each recipient, and a repeat of its key sends nothing', async () => {
  const work = await busy('broadcast');
  const send = () => team().json<Message[]>('broadcast', 'All hands', '--priority', 'note', '--key', 'hands');
  const sent = await send();
  expect(sent.map(({ to }) => to).sort()).toEqual(['ada', 'ben', 'lead']);
  expect(new Set(sent.map(({ broadcastId }) => broadcastId)).size).toBe(1);
  expect((await send()).map(({ id }) => id)).toEqual(sent.map(({ id }) => id));
  const idTo = (name: string) => sent.find(({ to }) => to === name)?.id ?? '';
  await eventually('ben to have acked it', async () => (await stateOf(idTo('ben'), 'ben')) === 'acked', SLOW);
  expect(await stateOf(idTo('ada'))).toMatch(/queued|delivered/);
  const { stdout } = await team().cowork(['mail', '--grep', '^All hands$']);
  expect(stdout.match(/All hands/g)).toHaveLength(1);
  expect(stdout).toMatch(/user → .*ada \((queued|delivered)\)/);
  expect(stdout).toMatch(/ben \(acked\)/);
  await work.end();
  await eventually('ada to have acked it', async () => (await stateOf(idTo('ada'))) === 'acked', SLOW);
});

test('a body of over 32 KiB goes by reference: the recipient reads it in pieces, the user whole, and one of over 512 KiB is refused', async () => {
  const text = `begin ${'é'.repeat(25_000)} end`;
  const { stdout } = await team().cowork(['send', 'ada', '-', '--json'], { input: text });
  const sent = JSON.parse(stdout) as Message;
  expect(sent.body).toMatchObject({ bytes: Buffer.byteLength(text) });
  expect(sent.text.length).toBeLessThan(3_000);
  const whole = await team().json<Message>('mail', '--message', sent.id);
  expect(whole.text).toBe(text);
  const pieces: string[] = [];
  for (let offset: number | null = 0; offset !== null; ) {
    const [step] = await team().order('ada', [[['read_message', { id: sent.id, offset }]]]);
    const piece = step?.results[0]?.json as unknown as { text: string; nextOffset: number | null };
    pieces.push(piece.text);
    offset = piece.nextOffset;
  }
  expect(pieces.length).toBeGreaterThan(1);
  expect(pieces.join('')).toBe(text);
  const large = await team().cowork(['send', 'ada', '-', '--json'], { input: 'x'.repeat(600_000) });
  expect(large.code).not.toBe(0);
  expect(JSON.parse(large.stderr).error).toMatchObject({ code: 'MESSAGE_TOO_LARGE' });
});

test('a text from the standard input and one that begins with a dash arrive as they are, and an empty one is refused', async () => {
  const piped = await team().cowork(['broadcast', '-', '--json'], { input: 'from a pipe' });
  expect((JSON.parse(piped.stdout) as Message[]).map(({ text }) => text)).toContain('from a pipe');
  const dashed = await team().cowork(['send', 'ada', '--json', '--', '- one thing']);
  expect((JSON.parse(dashed.stdout) as Message).text).toBe('- one thing');
  expect(await team().refusal('send', 'ada', ' ')).toMatchObject({ exit: 2, code: 'USAGE' });
});

test('a name that nobody has is refused with the nearest, by every command that takes one', async () => {
  const unknown = { exit: 3, code: 'AGENT_UNKNOWN', hint: 'Did you mean ada?' };
  expect(await team().refusal('send', 'adda', 'Hello')).toMatchObject(unknown);
  expect(await team().refusal('mail', '--agent', 'ad')).toMatchObject(unknown);
  expect(await team().refusal('tasks', 'add', 'x', '--owner', 'adb')).toMatchObject(unknown);
});

test('an agent that floods is slowed down, and told when it may go on', async () => {
  const started = performance.now();
  const flood = Array.from({ length: 200 }, () => ['send_message', { to: 'user', text: 'flood' }] as const);
  await team().send('ada', JSON.stringify({ steps: [flood], silent: true }));
  const said = await eventually(
    'the answers',
    () => {
      const results = team()
        .transcript('ada')
        .flatMap(({ type, ...entry }) => (type === 'user' && 'content' in entry ? entry.content : []))
        .map((block) => JSON.stringify(block))
        .filter((block) => block.includes('RATE_LIMITED') || block.includes('\\"text\\":\\"flood\\"'));
      return results.length === 200 ? results : undefined;
    },
    SLOW,
  );
  const refused = said.filter((block) => block.includes('RATE_LIMITED'));
  const sent = (await team().mail({ agent: 'user', from: 'ada' })).filter(({ text }) => text === 'flood');
  expect(sent.length + refused.length).toBe(200);
  expect(refused.length).toBeGreaterThan(0);
  expect(refused[0]).toMatch(/Not sent; go on in \d+ s/);
  const seconds = (performance.now() - started) / 1000;
  expect(sent.length).toBeLessThanOrEqual(121 + Math.ceil(seconds));
});

test('what does not parse is set aside with an alert, in mail and in tasks, and the rest goes on', async () => {
  const torn = '{"v":1,"id":"torn","type":"mess';
  appendFileSync(join(team().dir, 'mailbox/ada/inbox.jsonl'), `\n${torn}\n`);
  appendFileSync(join(team().dir, 'tasks/journal.jsonl'), `\n${torn}\n`);
  expect(await team().json('send', 'ada', 'after', '--wait', 'acked')).toMatchObject({ state: 'acked' });
  const { id } = await team().json<{ id: string }>('tasks', 'add', 'after', '--description', '{}');
  await eventually(
    'the task to be done',
    async () => (await team().tasks()).find((task) => task.id === id)?.state === 'completed',
    SLOW,
  );
  for (const folder of ['mailbox/ada/quarantine', 'tasks/quarantine']) {
    const copies = await eventually(`a copy in ${folder}`, () => {
      const names = namesIn(join(team().dir, folder));
      return names.length > 0 ? names : undefined;
    });
    expect(copies).toHaveLength(1);
    expect(readFileSync(join(team().dir, folder, copies[0] ?? ''), 'utf8')).toBe(torn);
  }
  const alerts = (await team().status()).alerts.filter(({ kind }) => kind === 'malformed');
  expect(alerts.map(({ agent }) => agent).sort()).toEqual(['ada', null]);
});

test('who is stopped is not waited for: the message is kept, and the command says so and fails', async () => {
  await team().cowork(['stop', 'ben']);
  await team().settled('ben', 'stopped');
  const { code, stdout } = await team().cowork(['send', 'ben', 'Hello?', '--wait', 'seen', '--json']);
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({ state: 'undeliverable', text: 'Hello?' });
  const { stderr } = await team().cowork(['send', 'ben', 'Are you there?']);
  expect(stderr).toContain('ben does not run and will not read it');
});

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // nothing was set aside yet
  }
}
