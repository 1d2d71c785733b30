import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { COMMANDS } from '../../src/cli/table.ts';
import { openMailbox } from '../../src/mailbox/mailbox.ts';
import { closeBackends } from '../../src/store/open-backend.ts';
import { teamStatus } from '../../src/supervisor/team-status.ts';
import { findTeam, listTeams, readTeam } from '../../src/team/team.ts';
import { hasNatsServer, NATS_FOLDER } from '../store/support/nats-server.ts';
import { type Desk, openDesk } from '../support/cowork.ts';
import { eventually } from '../support/eventually.ts';
import { page, pages, ROOT } from './pages.ts';
import { shellBlocks, wordsOf } from './shell.ts';

const GUIDES = pages('README.md', 'docs/guide-*.md', 'examples/*/README.md');
/** A port that a guide gives to a server; each run takes a free one in its place. */
const PORT = '4333';

// Two readers at once: part of a page is waiting for processes, and more gain nothing on two cores.
vi.setConfig({ maxConcurrency: 2 });

test.concurrent.for(GUIDES)(
  'every sh block of the README and the guides does what it says, in its order: $path',
  {
    timeout: 300_000,
  },
  async ({ text }, { expect, onTestFinished, skip }) => {
    const needsServer = text.includes(PORT);
    if (needsServer && !hasNatsServer) skip('no nats-server on this machine');
    const desk = openDesk(onTestFinished);
    const port = needsServer ? await freePort() : PORT;
    for (const { lines, notRun } of shellBlocks(text)) {
      if (notRun !== undefined) continue;
      await quiet(desk);
      if (needsServer) await closeBackends(); // before a block ends the server
      const { code, said } = await runAsReader(desk, lines, port);
      expect(code, `${lines.join('\n')}\n${said}`).toBe(0);
    }
    await quiet(desk);
    const running = listTeams(desk.home).filter(
      (team) => readTeam(findTeam(desk.home, team)).phase === 'running',
    );
    expect(running).toEqual([]);
    await eventually('all processes of the page to end', () => desk.processes().length === 0);
  },
);

test('npx finds the program of the clone', () => {
  const version = JSON.parse(page('package.json')).version;
  expect(execFileSync('npx', ['cowork', '--version'], { cwd: ROOT, encoding: 'utf8', stdio: 'pipe' })).toBe(
    `${version}\n`,
  );
});

test('every guide has blocks that are run, and the first one also such that need a terminal or a key', () => {
  for (const { path, text } of pages('docs/guide-*.md'))
    expect(
      shellBlocks(text).filter(({ notRun }) => notRun === undefined),
      path,
    ).not.toEqual([]);
  const first = shellBlocks(page('docs/guide-first-team.md'));
  expect(new Set(first.map(({ notRun }) => notRun)).size).toBe(3);
});

const everyLine = pages().flatMap(({ path, text }) =>
  shellBlocks(text).flatMap(({ lines }) => lines.map((line) => ({ path, line }))),
);

test.each(everyLine.filter(({ line }) => /^(COWORK_HOME=\S+ )?npx cowork /.test(line)))(
  'the command and flags of "$line" exist',
  ({ line }) => {
    const [, , name, ...words] = wordsOf(line.replace(/^COWORK_HOME=\S+ /, ''));
    const command = COMMANDS.find((each) => each.name === name);
    expect(command, name).toBeDefined();
    const options = command?.options ?? {};
    const aliases = Object.values(options).flatMap(({ alias }) =>
      typeof alias === 'string' ? [`-${alias}`] : [],
    );
    const flags = [...Object.keys(options).map((flag) => `--${flag}`), ...aliases];
    expect(words.filter((word) => /^--?[a-z]/.test(word) && !flags.includes(word))).toEqual([]);
  },
);

test.each(everyLine.filter(({ line }) => /^npm /.test(line)))(
  'package.json has the script of "$line"',
  ({ line }) => {
    const [, verb = '', name = verb] = wordsOf(line);
    expect(JSON.parse(page('package.json')).scripts).toHaveProperty(verb === 'run' ? name : verb);
  },
);

/** Runs lines as they stand, in the clone; only what goes to /tmp goes to the desk, no VM is booted, and npx is a short one. */
async function runAsReader(
  desk: Desk,
  lines: string[],
  port: string,
): Promise<{ code: number | null; said: string }> {
  const script = lines.join('\n').replaceAll('/tmp/', `${desk.folder}/`).replaceAll(PORT, port);
  const path = [shortNpx(desk), join(ROOT, 'node_modules', '.bin'), NATS_FOLDER, process.env.PATH].join(
    delimiter,
  );
  const env = { ...desk.env, PATH: path, COWORK_SANDBOX: 'none', npm_config_update_notifier: 'false' };
  const child = spawn('bash', ['-eu', '-c', script], { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (data) => {
      said += data;
    });
  }
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, said };
}

/** A folder with an npx that starts cowork at once: npm's own takes 1.3 s of processor time to find it, at each of 70 commands. */
function shortNpx(desk: Desk): string {
  const folder = join(desk.folder, '.npx');
  mkdirSync(folder, { recursive: true });
  const program = `#!/bin/sh\n[ "$1" != cowork ] && exec "$@"\nshift\nexec node "${join(ROOT, 'bin/cowork.js')}" "$@"\n`;
  writeFileSync(join(folder, 'npx'), program);
  chmodSync(join(folder, 'npx'), 0o755);
  return folder;
}

/** Waits as a reader does: until nobody works and all mail is seen. */
async function quiet(desk: Desk): Promise<void> {
  let since = performance.now();
  let last = '';
  await eventually(
    'the team to be quiet',
    async () => {
      for (const team of listTeams(desk.home)) {
        const dir = findTeam(desk.home, team);
        const { state, agents, tasks } = await teamStatus(dir);
        const isBusy = agents.some(
          (agent) => !['idle', 'waiting', 'stopped'].includes(agent.state) || agent.unread > 0,
        );
        const now = JSON.stringify([tasks, (await openMailbox(dir).log()).length]);
        if (now !== last || (state === 'running' && isBusy)) since = performance.now();
        last = now;
      }
      return listTeams(desk.home).length === 0 || performance.now() - since > 700;
    },
    60_000,
  );
}

async function freePort(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return String(typeof address === 'object' ? address?.port : PORT);
}
