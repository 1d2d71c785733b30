import { expect, test } from 'vitest';
import { startTerminal } from '../pane/support.ts';
import { kill, PROGRAM } from '../support/cowork.ts';
import { eventually } from '../support/eventually.ts';
import { launch } from '../support/team.ts';

test('what a person types at an agent goes to it as the word of the user, past the lead, and the lead is told', async () => {
  const team = await launch('puppet', ['--teammates', '1']);
  const args = [PROGRAM, 'attach', 'ada', '-t', team.name];
  const person = startTerminal(process.execPath, args, { cols: 100, rows: 30, env: team.env });
  await person.shows('Type to tell this agent something', 20_000);
  person.type('{"say":"I heard you.","silent":true}\r');
  await person.shows('I heard you.', 20_000);

  const said = await eventually('the message', async () => (await team.mail({ agent: 'ada' }))[0]);
  expect(said).toMatchObject({ from: 'user', kind: 'message', text: '{"say":"I heard you.","silent":true}' });
  const told = await eventually('the lead to be told', async () =>
    (await team.mail({ agent: 'lead', from: 'team' })).find(({ text }) =>
      text.startsWith('The user told ada directly. Their word goes before yours:'),
    ),
  );
  expect(told.text).toContain('I heard you.');

  person.type('\x1dd');
  expect((await person.exited).exitCode).toBe(0);
  expect(await team.settled('ada')).toMatchObject({ incarnation: 1 });
});

test('Esc at an agent interrupts what it does, and it then waits for a word', async () => {
  const team = await launch('puppet', ['--teammates', '1']);
  const order = await team.begin('ada', [[['bash', { command: 'sleep 60' }]]]);
  await eventually('the command to run', () =>
    team.processes().some(({ command }) => command === 'sleep 60'),
  );
  const args = [PROGRAM, 'attach', 'ada', '-t', team.name];
  const person = startTerminal(process.execPath, args, { cols: 100, rows: 30, env: team.env });
  await person.shows('ada', 20_000);
  person.type('\x1b');
  await person.shows('Interrupted by the user.', 20_000);
  await team.settled('ada', 'waiting');
  expect(team.processes().some(({ command }) => command === 'sleep 60')).toBe(false);
  await team.send('ada', 'Go on');
  const [step] = await order.done();
  expect(step?.results[0]).toMatchObject({ isCut: true });
});

test('a word with a slash is a command for that agent; one that is not known is named and sent nowhere', async () => {
  const team = await launch('puppet', ['--teammates', '1']);
  const args = [PROGRAM, 'attach', 'ada', '-t', team.name];
  const person = startTerminal(process.execPath, args, { cols: 100, rows: 30, env: team.env });
  await person.shows('Type to tell this agent something', 20_000);
  person.type('/taks\r');
  await person.shows('There is no command /taks; nothing was sent. Did you mean /tasks?', 20_000);
  person.type('/tasks\r');
  await person.shows(/t1 +pending +lead +Stay/);
  person.type('/mail\r');
  await person.shows('No mail yet.');
  person.type('/help\r');
  await person.shows('/clear    clear this screen; the conversation stays');
  person.type('/clear\r');
  await eventually('a clear screen', () => !person.rows().join('\n').includes('No mail yet'));
  expect(await team.mail({ agent: 'ada' })).toEqual([]);
  person.type('/grants/words.txt is a path\r');
  await eventually('the message', async () => (await team.mail({ agent: 'ada' }))[0]);
  person.type('/model other-model\r');
  await person.shows('ada has other-model from its next reply on.');
  person.type('/stop\r');
  await team.settled('ada', 'stopped');
  const told = (await team.mail({ agent: 'lead', from: 'team' })).map(({ text }) => text);
  expect(told).toContain('The user typed /model other-model at ada.');
  expect(told).toContain('The user typed /stop at ada.');
});

test('when the keeper of the agent is killed, the pane goes on with the next one, and what is typed reaches it', async () => {
  const team = await launch('puppet', ['--teammates', '1']);
  const args = [PROGRAM, 'attach', 'ada', '-t', team.name];
  const person = startTerminal(process.execPath, args, { cols: 100, rows: 30, env: team.env });
  await person.shows('Type to tell this agent something', 20_000);
  kill((await team.agent('ada')).pid ?? 0);
  await eventually('the next life', async () => (await team.agent('ada')).incarnation === 2, 20_000);
  await person.shows(/Type to tell this agent something[\s\S]* ada · idle/, 20_000);
  person.type('{"say":"I am back.","silent":true}\r');
  await person.shows('I am back.', 20_000);
  person.type('\x1dd');
  expect((await person.exited).exitCode).toBe(0);
});
