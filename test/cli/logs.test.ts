import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startTerminal } from '../pane/support.ts';
import { PROGRAM } from '../support/cowork.ts';
import { sharedTeam } from '../support/team.ts';

const team = sharedTeam('puppet', ['--teammates', '1']);

test('cowork logs shows what a keeper has done, for people and as JSON', async () => {
  const { cowork, name } = team();
  const people = await cowork(['logs', 'ada', '-t', name]);
  expect(people.code).toBe(0);
  expect(people.stdout).toMatch(
    /^\d{4}-\d\d-\d\d [\d:.]{12} {2}life 1 {2}start_step {2}step=starting the agent on the host$/m,
  );
  expect(people.stdout).toMatch(/gate {2}method=GET {2}path=\/agent\/welcome {2}status=200/);
  const lines = (await cowork(['logs', 'ada', '-t', name, '--json'])).stdout.trim().split('\n');
  expect(lines.map((line) => JSON.parse(line).event)).toContain('start_step');
  const unknown = await team().refusal('logs', 'adda', '-t', name);
  expect(unknown).toMatchObject({ code: 'AGENT_UNKNOWN', exit: 3 });
});

test('with --follow it goes on, shows whole lines only, and no control characters', async () => {
  const { name, dir, env } = team();
  const file = join(dir, 'agents', 'ada', 'keeper.log');
  const person = startTerminal(process.execPath, [PROGRAM, 'logs', 'ada', '-t', name, '-f'], {
    cols: 140,
    rows: 40,
    env,
  });
  await person.shows('path=/agent/state', 20_000);
  appendFileSync(file, '{"level":40,"time":0,"agent":"ada","incarnation":7,"event":"half');
  appendFileSync(file, ' and whole","text":"\\u001b[2Jx"}\nwords of a program\n');
  await person.shows(
    /1970-01-01 00:00:00\.000 {2}life 7 {2}WARN half and whole {2}text=␛\[2Jx\nwords of a program/,
  );
  person.type('\x03');
  expect((await person.exited).exitCode).toBe(0);
});

test('cowork replay begins at a message', async () => {
  const { name, env, send, mail } = team();
  await send('ada', '{"say":"I heard the word pineapple.","silent":true}');
  const person = startTerminal(process.execPath, [PROGRAM, 'attach', 'ada', '-t', name], {
    cols: 100,
    rows: 30,
    env,
  });
  await person.shows('I heard the word pineapple.', 20_000);
  person.type('\x1dd');
  await person.exited;
  const [message] = await mail({ agent: 'ada' });
  for (const wanted of [message?.id ?? '', 'PINEapple']) {
    const args = [PROGRAM, 'replay', 'ada', '-t', name, '--message', wanted, '--speed', '4'];
    const player = startTerminal(process.execPath, args, { cols: 100, rows: 30, env });
    await player.shows('I heard the word pineapple.', 20_000);
    player.type('qq');
    expect((await player.exited).exitCode).toBe(0);
  }
  expect(await team().refusal('replay', 'ada', '-t', name, '--message', 'papaya')).toMatchObject({
    code: 'USAGE',
  });
  expect(await team().refusal('replay', 'ada', '-t', name, '--at', 'noon')).toMatchObject({ code: 'USAGE' });
});
