import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startTerminal } from '../pane/support.ts';
import { PROGRAM } from '../support/cowork.ts';
import { eventually } from '../support/eventually.ts';
import { launch, sharedTeam } from '../support/team.ts';
import { temporaryFolder } from '../support/temporary.ts';

const team = sharedTeam('puppet', ['--teammates', '2']);
const hasTmux = spawnSync('tmux', ['-V']).status === 0;

test('cowork panes shows the team, Enter attaches, Ctrl-] d comes back to the same agent', async () => {
  const { name, env } = team();
  const person = startTerminal(process.execPath, [PROGRAM, 'panes', '-t', name], {
    cols: 100,
    rows: 30,
    env,
  });
  await person.shows(/1 lead · [\s\S]*2 ada · [\s\S]*3 ben · [\s\S]*Tasks: 1 pending/, 20_000);
  person.type('2\r');
  await person.shows(/\n ada · .*Ctrl-\] \? help/, 20_000);
  person.type('/help\r');
  await person.shows('/tasks    the task list');
  person.type('\x1dd');
  await person.shows(/\n ada .*q leaves/);
  person.type('q');
  expect((await person.exited).exitCode).toBe(0);
});

test.skipIf(!hasTmux)(
  'with --tmux each agent has a pane of tmux, and only what was opened is closed',
  async () => {
    const { name, env } = team();
    // A server of its own, with a session of the person.
    const folder = await temporaryFolder();
    const server = ['-S', join(folder, 'tmux'), '-f', '/dev/null'];
    const ask = (...args: string[]): string =>
      execFileSync('tmux', [...server, ...args], { env, encoding: 'utf8' });
    const shown = (target: string): string =>
      spawnSync('tmux', [...server, 'capture-pane', '-p', '-t', target], { env, encoding: 'utf8' }).stdout;
    ask('new-session', '-d', '-s', 'mine', '-n', 'mine', '-x', '160', '-y', '50', 'sh');
    onTestFinished(() => void spawnSync('tmux', [...server, 'kill-server'], { env }));
    const outside = {
      ...env,
      TMUX: ask('display-message', '-p', '-t', 'mine', '#{socket_path},#{pid},0').trim(),
    };
    const person = startTerminal(process.execPath, [PROGRAM, 'panes', '--tmux', '-t', name], {
      cols: 100,
      rows: 30,
      env: outside,
    });
    await person.shows(`3 agents are in windows of tmux named ${name}`, 20_000);
    const panes = ask('list-panes', '-s', '-t', 'mine', '-F', '#{window_name} #{pane_id}').trim().split('\n');
    const opened = panes
      .filter((pane) => pane.startsWith(`${name} `))
      .map((pane) => pane.split(' ')[1] ?? '');
    expect(opened).toHaveLength(3);
    for (const [index, agent] of ['lead', 'ada', 'ben'].entries()) {
      await eventually(`${agent} in tmux`, () => shown(opened[index] ?? '').includes(` ${agent} · `), 20_000);
    }
    // What the person adds to our window stays.
    ask('split-window', '-t', opened[0] ?? '', 'sh');
    person.type('\r');
    expect((await person.exited).exitCode).toBe(0);
    const left = ask('list-panes', '-s', '-t', 'mine', '-F', '#{pane_id}').trim().split('\n');
    expect(left).toHaveLength(2);
    expect(left.some((pane) => opened.includes(pane))).toBe(false);
  },
);

test.skipIf(!hasTmux)('attach works in tmux as it does outside, and gives the screen back', async () => {
  const { name, env } = team();
  const folder = await temporaryFolder();
  const server = ['-S', join(folder, 'tmux'), '-f', '/dev/null'];
  const ask = (...args: string[]): string =>
    execFileSync('tmux', [...server, ...args], { env: { ...env, TERM: 'xterm-256color' }, encoding: 'utf8' });
  ask('new-session', '-d', '-s', 'mine', '-x', '90', '-y', '24', 'sh');
  onTestFinished(() => void spawnSync('tmux', [...server, 'kill-server'], { env }));
  const shows = (text: RegExp): Promise<boolean> =>
    eventually(`tmux to show ${text}`, () => text.test(ask('capture-pane', '-p', '-t', 'mine')), 20_000);
  ask(
    'send-keys',
    '-t',
    'mine',
    `echo before; ${process.execPath} ${PROGRAM} attach ben -t ${name}`,
    'Enter',
  );
  await shows(/ ben · idle/);
  ask('send-keys', '-t', 'mine', 'C-]', 'n');
  await shows(/ lead · /);
  ask('resize-window', '-t', 'mine', '-x', '60', '-y', '20');
  await eventually('the size', () =>
    ask('capture-pane', '-p', '-t', 'mine').trimEnd().split('\n').at(-1)?.includes('help'),
  );
  ask('send-keys', '-t', 'mine', 'C-]', 'd');
  await shows(/before[\s\S]*Detached; the team goes on/);
});

test('attach and panes of a team that has ended say so at once, and what to do instead', async () => {
  const ended = await launch('puppet', ['--teammates', '1']);
  await ended.cowork(['stop', '-t', ended.name]);
  for (const command of ['attach', 'panes']) {
    const person = startTerminal(process.execPath, [PROGRAM, command, '-t', ended.name], {
      cols: 100,
      rows: 30,
      env: ended.env,
    });
    expect((await person.exited).exitCode).toBe(4);
    expect(person.raw()).toMatch(
      /is stopped; its agents have no terminals any more[\s\S]*TEAM_ENDED[\s\S]*cowork replay lead/,
    );
    expect(person.raw()).not.toContain('\x1b[?1049h');
  }
});
