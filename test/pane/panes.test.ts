import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { clientArgument, connectWire, startAgent, startTerminal, type TestAgent } from './support.ts';

const PANES = join(import.meta.dirname, 'fixtures', 'panes-client.ts');

function startPanes(
  agents: Record<string, TestAgent>,
  options: { cols?: number; rows?: number; broadcastFile?: string } = {},
) {
  return startTerminal(process.execPath, [PANES, clientArgument(agents, options)], options);
}

/** Agents that count for ever, named a1 and so on. */
async function startCounters(count: number): Promise<Record<string, TestAgent>> {
  const names = Array.from({ length: count }, (_, i) => `a${i + 1}`);
  const program = (name: string): string =>
    `i=0; while :; do i=$((i+1)); echo "${name} says $i"; read -rt 0.3 || :; done`;
  const agents = await Promise.all(names.map((name) => startAgent(name, program(name))));
  return Object.fromEntries(names.map((name, i) => [name, agents[i] as TestAgent]));
}

test('all agents are shown side by side, live, with a line each for tasks and mail', async () => {
  const lead = await startAgent('lead', 'printf "I lead"; cat');
  const ann = await startAgent('ann', 'printf "first line\\r\\n\\e[32m漢字\\e[m end"; cat');
  const bob = await startAgent('bob', 'cat');
  const viewer = startPanes({ lead, ann, bob });
  await viewer.shows(/ 1 lead · working · Sort the mails .* 2 ann · working/);
  await viewer.shows('I lead');
  await viewer.shows('漢字 end');
  await viewer.shows(/Tasks: 1 completed · 1 in progress\s*\n Mail: message 50/);
  bob.pane.output(Buffer.from('bob has begun'));
  await viewer.shows('bob has begun');
  // It has no say in the size.
  expect(bob.pane.size).toEqual({ cols: 80, rows: 23 });
  viewer.type('q');
  await viewer.shows('left: detached');
  expect((await viewer.exited).exitCode).toBe(0);
  await eventually(
    'nobody to watch',
    () => lead.pane.viewers.size + ann.pane.viewers.size + bob.pane.viewers.size === 0,
  );
});

test('sixteen agents are usable on 80 by 24: all named, all live, the arrows reach each, Enter attaches', async () => {
  const agents = await startCounters(16);
  const viewer = startPanes(agents);
  for (let i = 1; i <= 16; i++) await viewer.shows(new RegExp(`a${i} says \\d`), 20_000);
  const said = (): number => Number(/a16 says (\d+)/.exec(viewer.rows().join('\n'))?.[1]);
  const before = said();
  await eventually('a16 to go on', () => said() > before);
  expect(viewer.rows().every((row) => [...row].length <= 80)).toBe(true);
  viewer.type('\x1b[B\x1b[B\x1b[B\x1b[C\x1b[C\x1b[C');
  await viewer.shows(/\n a16 .*arrows move/);
  viewer.type('\x1b[A');
  await viewer.shows(/\n a12 .*arrows move/);
  viewer.type('3\t\r');
  await viewer.shows('left: attach a4');
}, 60_000);

test('it follows the size of the terminal, and shows a page where not all have room', async () => {
  const agents = await startCounters(9);
  const viewer = startPanes(agents, { cols: 120, rows: 40 });
  await viewer.shows(/a9 says/);
  for (let i = 0; i < 20; i++) viewer.resize(40 + i, 12 + (i % 5));
  viewer.resize(45, 12);
  await viewer.shows(/1-6 of 9/);
  expect(viewer.rows().join('\n')).not.toContain('a9');
  viewer.type('\x1b[6~');
  await viewer.shows(/a9 says[\s\S]*7-9 of 9/);
  viewer.resize(20, 4);
  await viewer.shows('a7');
  viewer.resize(100, 30);
  await viewer.shows(/a1 says[\s\S]*a9 says/);
});

test('an agent that ends and comes back is shown so', async () => {
  const folder = await temporaryFolder();
  const bob = await startAgent('bob', 'printf "first life"; cat', { folder });
  const viewer = startPanes({ bob });
  await viewer.shows('first life');
  await bob.pane.end('killed');
  await bob.stop();
  await viewer.shows(/bob · not live[\s\S]*first life/);
  await startAgent('bob', 'printf "second life"; cat', { folder });
  await viewer.shows(/bob · working[\s\S]*second life/);
});

test('tasks, mail, help and a broadcast are a key away', async () => {
  const bob = await startAgent('bob', 'cat');
  const broadcastFile = join(await temporaryFolder(), 'said');
  const viewer = startPanes({ bob }, { broadcastFile });
  await viewer.shows('Tasks: ');
  viewer.type('t');
  await viewer.shows('t2   in progress bob Sort the mails');
  viewer.type('m');
  await viewer.shows('Mail · 40-50 of 50');
  viewer.type('\x1b');
  await eventually('no panel', () => !viewer.rows().join('\n').includes('40-50'));
  viewer.type('?');
  await viewer.shows('attach to the agent');
  viewer.type('x');
  viewer.type('bAll stop.\r');
  await viewer.shows('sent to 3 agents');
  expect(await readFile(broadcastFile, 'utf8')).toBe('All stop.');
  expect(bob.typed()).toBe('');
});

test('a viewer that wants screens now and then gets what there is, whole, and no live bytes', async () => {
  const bob = await startAgent('bob', 'cat');
  const wire = await connectWire(bob.socketPath, { everyMs: 100 });
  await eventually('the first screen', () => wire.messages.some(({ type }) => type === 'status'));
  for (let i = 0; i < 200; i++) bob.pane.output(Buffer.from(`line ${i} ${'x'.repeat(1_000)}\r\n`));
  await eventually('the end', () => wire.text().includes('line 199'));
  expect(wire.received()).toBeLessThan(50_000);
  const screens = wire.messages.filter(({ type }) => type === 'screen').length;
  await eventually('one more', () => {
    bob.pane.output(Buffer.from('.'));
    return wire.messages.filter(({ type }) => type === 'screen').length > screens;
  });
});
