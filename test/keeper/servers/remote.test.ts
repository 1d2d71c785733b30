import { spawn } from 'node:child_process';
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readServerStates } from '../../../src/team/server-states.ts';
import type { Desk } from '../../support/cowork.ts';
import { eventually as poll } from '../../support/eventually.ts';
import { type Said, serveStrictly } from '../../support/strict/server.ts';
import { launchOn, toItsEnd } from '../../support/strict/team.ts';
import { serveWithLogin } from './support/service.ts';

/** A busy machine takes its time to start a program of Node. */
const LONG = { timeout: 180_000 };
const eventually = <Value>(what: string, look: () => Value | Promise<Value>) => poll(what, look, 60_000);
const finish: Said = { text: 'Done.', calls: [['finish_job', { summary: 'Done.', force: true }]] };
const sum = (a: number, b: number): Said => ({ text: 'I add.', calls: [['mcp__sums__add', { a, b }]] });

/** A browser that follows where it is led. */
function giveBrowser(desk: Desk): void {
  const program = join(desk.tmp, 'browser');
  writeFileSync(program, '#!/bin/sh\nexec curl -sL -o /dev/null "$1"\n');
  chmodSync(program, 0o755);
  desk.env.BROWSER = program;
}

/** Every file below a folder. */
const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

test.concurrent(
  'a service wants a login, gets one by the browser while the team runs, and another token when that has run out',
  LONG,
  async ({ onTestFinished }) => {
    const service = await serveWithLogin(onTestFinished);
    let hasExpired = false;
    const server = await serveStrictly(({ number, last }) => {
      if (last.includes('the sum is 7')) return finish;
      if (last.includes('the sum is 3')) {
        service.expire();
        hasExpired = true;
        return sum(3, 4);
      }
      if (last.includes('Now')) return sum(1, 2);
      return last.includes('"request":')
        ? { text: 'I wait.' }
        : { text: 'I ask.', calls: [['ask_user', { question: `And ${number}?` }]] };
    }, onTestFinished);
    const team = await launchOn(server, ['--teammates', '0'], onTestFinished, async (desk) => {
      giveBrowser(desk);
      await desk.json('connector', 'add', 'sums', service.url);
    });
    const state = () => readServerStates(team.dir, 'lead').sums;
    await eventually('a login to be wanted', () => state()?.state === 'login');
    expect(state()?.reason).toContain('cowork connector login sums');
    expect((await team.status()).alerts.map(({ kind }) => kind)).toContain('server: sums');
    await team.json('connector', 'login', 'sums');
    await eventually('the server to be ready', () => state()?.state === 'ready');
    await team.json('send', 'lead', 'Now', '-t', 'mine');
    expect((await toItsEnd(team)).status.state).toBe('done');
    expect(hasExpired).toBe(true);
    expect(service.asked.filter((each) => each === 'POST /register')).toHaveLength(1);
    expect(service.tokens.length).toBe(4);
    // Nobody but the secrets' file has them, and that says nothing.
    const secrets = join(team.home, 'secrets');
    expect(statSync(secrets).mode & 0o777).toBe(0o700);
    for (const file of readdirSync(secrets)) expect(statSync(join(secrets, file)).mode & 0o077, file).toBe(0);
    for (const file of filesBelow(team.home)) {
      const text = readFileSync(file, 'latin1');
      for (const token of service.tokens) expect(text.includes(token), file).toBe(false);
    }
    await team.json('connector', 'logout', 'sums');
    await team.json('connector', 'remove', 'sums');
  },
);

test.concurrent(
  'a login by a code on another device; what goes wrong is said',
  LONG,
  async ({ onTestFinished }) => {
    const service = await serveWithLogin(onTestFinished);
    const server = await serveStrictly(
      ({ last }) => (last.includes('the sum is 5') ? finish : sum(2, 3)),
      onTestFinished,
    );
    const team = await launchOn(server, ['--teammates', '0'], onTestFinished, async (desk) => {
      await desk.json('connector', 'add', 'sums', service.url);
      await desk.json('connector', 'add', 'nobody', 'http://127.0.0.1:9/mcp');
      expect(await desk.refusal('connector', 'login', 'nobody')).toMatchObject({
        code: 'CONNECTOR_LOGIN_FAILED',
      });
      expect(await desk.refusal('connector', 'login', 'sumz')).toMatchObject({ code: 'CONNECTOR_UNKNOWN' });
      const login = desk.cowork(['connector', 'login', 'sums', '--device']);
      await eventually('the code to be asked for', () => service.asked.includes('POST /token'));
      service.approveDevice();
      const { code, stderr } = await login;
      expect(stderr).toContain('enter the code WDJB-MJHT');
      expect(code).toBe(0);
    });
    expect((await toItsEnd(team)).status.state).toBe('done');
    expect(server.refused).toEqual([]);
  },
);

test.concurrent(
  'a server that knows only the old way over SSE is spoken to in it, with headers that a command of the user gives',
  LONG,
  async ({ onTestFinished }) => {
    const port = await freePort();
    const program = createRequire(import.meta.url).resolve(
      '@modelcontextprotocol/server-everything/dist/index.js',
    );
    const child = spawn(process.execPath, [program, 'sse'], {
      env: { ...process.env, PORT: String(port) },
      stdio: 'ignore',
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    const server = await serveStrictly(
      ({ last }) =>
        last.includes('hello') ? finish : { text: 'Go.', calls: [['mcp__old__echo', { message: 'hello' }]] },
      onTestFinished,
    );
    await eventually('the server to listen', async () =>
      fetch(`http://127.0.0.1:${port}/nothing`).then(
        () => true,
        () => false,
      ),
    );
    let told = '';
    const team = await launchOn(server, ['--teammates', '0'], onTestFinished, async (desk) => {
      told = join(desk.tmp, 'told');
      const helper = `echo "$CLAUDE_CODE_MCP_SERVER_NAME $CLAUDE_CODE_MCP_SERVER_URL" >> ${told}; echo '{"x-own":"1"}'`;
      const url = `http://127.0.0.1:${port}/sse`;
      await desk.json('connector', 'add', 'old', url, '--headers-helper', helper);
    });
    expect((await toItsEnd(team)).status.state).toBe('done');
    const asked = server.asked.findLast(({ last }) => last.includes('hello'));
    expect(asked?.last).toContain('Echo: hello');
    expect(readFileSync(told, 'utf8')).toContain(`old http://127.0.0.1:${port}/sse`);
  },
);

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}
