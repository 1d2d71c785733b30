import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { delimiter, dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { openTaskList } from '../../src/tasklist/tasklist.ts';
import { ROUTES } from '../../src/web/api/routes.ts';
import { createApp } from '../../src/web/app.ts';
import { createAttempts } from '../../src/web/attempts.ts';
import type { Desk as WebDesk } from '../../src/web/desk.ts';
import { LOOPBACK } from '../../src/web/guard.ts';
import { createToken, listTokens, revokeToken, tokensFile } from '../../src/web/tokens.ts';
import { page, ROOT } from '../docs/pages.ts';
import { shellBlocks } from '../docs/shell.ts';
import { openDesk } from '../support/cowork.ts';
import { teamFiles } from '../support/team-files.ts';
import { openDashboard } from './support/dashboard.ts';
import { faultsOf } from './support/documented.ts';

const HAS_CURL = ['/usr/bin/curl', '/bin/curl', '/usr/local/bin/curl'].some(existsSync);

it('every route of the server is in the document, and the document has no others', () => {
  const app = createApp({ door: () => ({ ...LOOPBACK, port: 1 }) } as WebDesk); // no route is asked
  const served = app.routes
    .filter(({ method, path }) => method !== 'ALL' && path.startsWith('/api/'))
    .map(({ method, path }) => `${method.toLowerCase()} ${path}`);
  // Panes are WebSockets: the server of the connections has them.
  const listed = ROUTES.filter(({ gives }) => gives !== 'socket').map(
    ({ method, path }) => `${method} ${path}`,
  );
  expect(served.toSorted()).toEqual(listed.toSorted());
});

it('the document is given to whoever has a session, and no answer passes that is not as it says', async () => {
  const { ask, get } = await openDashboard(dirname(dirname(await teamFiles())));
  expect((await ask('/api/openapi.json')).status).toBe(401);
  const { json } = await get('/api/openapi.json');
  expect(json).toMatchObject({ openapi: expect.stringMatching(/^3\.1\./) });
  const written = JSON.parse(readFileSync(join(ROOT, 'docs/schemas/openapi.json'), 'utf8'));
  expect(json).toEqual(written);
  const { json: teams } = await get('/api/teams');
  expect(faultsOf('GET', '/api/teams', 200, teams)).toEqual([]);
  expect(faultsOf('GET', '/api/teams', 200, { ...teams, secret: 1 })).not.toEqual([]);
  expect(faultsOf('GET', '/api/elsewhere', 200, {})).toEqual(['it is not in the document']);
  expect(faultsOf('GET', '/api/teams', 404, { error: 'no' })).not.toEqual([]);
});

it('a script with a token reads and changes without a cookie, one that may only look changes nothing, a revoked one nothing at all', async () => {
  const dir = await teamFiles();
  const home = dirname(dirname(dir));
  const { ask, cookie, dashboard } = await openDashboard(home);
  const [full, read] = [await createToken(home, 'nightly', 'full'), await createToken(home, 'wall', 'read')];
  expect(statSync(tokensFile(home)).mode & 0o777).toBe(0o600);
  for (const token of [full, read]) expect(readFileSync(tokensFile(home), 'utf8')).not.toContain(token);
  const as = (token: string, more: Record<string, string> = {}) => ({
    authorization: `Bearer ${token}`,
    ...more,
  });
  const add = (token: string) =>
    ask('/api/teams/mine/tasks', { method: 'POST', headers: as(token), body: { subject: 'Count' } });

  expect((await add(full)).json).toMatchObject({ id: 't1', subject: 'Count' });
  expect((await add(read)).json.error.code).toBe('WEB_READ_ONLY');
  const seen = await ask('/api/teams/mine', { headers: as(read) });
  expect(seen.json).toMatchObject({ readOnly: true, tasks: [{ id: 't1' }] });
  expect(seen.headers['set-cookie']).toBeUndefined();
  // A page elsewhere that had got hold of a token would still be another page.
  for (const foreign of [{ origin: 'http://evil.example' }, { 'sec-fetch-site': 'cross-site' }])
    expect((await ask('/api/teams', { headers: as(full, foreign) })).json.error.code).toBe('WEB_REFUSED');
  expect((await ask('/api/teams', { headers: as(full, { host: 'evil.example' }) })).status).toBe(403);
  const pane = new WebSocket(`ws://127.0.0.1:${dashboard.port}/api/teams/mine/panes/lead`, {
    headers: as('cowork_no'),
  });
  const [, refused] = await once(pane, 'unexpected-response');
  expect(refused.statusCode).toBe(401);
  pane.on('error', () => {}); // it was never open
  pane.terminate();

  await expect(createToken(home, 'wall', 'full')).rejects.toMatchObject({ code: 'WEB_TOKEN_TAKEN' });
  await expect(revokeToken(home, 'wal')).rejects.toMatchObject({
    code: 'WEB_TOKEN_UNKNOWN',
    hint: 'Did you mean wall?',
  });
  await revokeToken(home, 'nightly');
  // The cookie of a session does not help a wrong token out.
  const late = await ask('/api/teams', { headers: as(full, { cookie }) });
  expect([late.status, late.json.error.code]).toEqual([401, 'WEB_TOKEN_REFUSED']);
  expect(listTokens(home)).toMatchObject([{ name: 'wall', rights: 'read' }]);
  expect(await openTaskList(dir).list()).toHaveLength(1);
});

it('wrong tokens make their address wait longer each time, and shut nobody with a right one out', async () => {
  const home = dirname(dirname(await teamFiles()));
  const { ask } = await openDashboard(home);
  const right = await createToken(home, 'right', 'read');
  const answers = [];
  for (let n = 0; n < 7; n++)
    answers.push(await ask('/api/teams', { headers: { authorization: `Bearer wrong${n}` } }));
  expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401, 429, 429]);
  expect(Number(answers[6]?.headers['retry-after'])).toBeGreaterThan(0);
  expect((await ask('/api/teams', { headers: { authorization: `Bearer ${right}` } })).status).toBe(200);

  let now = 0;
  const attempts = createAttempts(() => now);
  for (let n = 0; n < 4; n++) attempts.failed('a');
  const waits = Array.from({ length: 14 }, () => {
    attempts.failed('a');
    const wait = attempts.waitMs('a');
    now += wait;
    expect(attempts.waitMs('a')).toBe(0);
    return wait / 1000;
  });
  expect(waits).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600, 600, 600]);
  expect(attempts.waitMs('b')).toBe(0);
  attempts.failed('a');
  attempts.passed('a');
  expect(attempts.waitMs('a')).toBe(0);
});

it.skipIf(!HAS_CURL)('the example of the page of the API does what it says', async () => {
  const desk = openDesk();
  const free = createServer().listen(0, '127.0.0.1');
  await once(free, 'listening');
  const { port } = free.address() as { port: number }; // it listens on an address and a port
  free.close();
  const [block] = shellBlocks(page('docs/api.md'));
  const script = (block?.lines ?? [])
    .join('\n')
    .replaceAll('4664', String(port))
    .replace('web.log', join(desk.folder, 'web.log'));
  const path = `${join(ROOT, 'node_modules', '.bin')}${delimiter}${process.env.PATH}`;
  const child = spawn('bash', ['-eu', '-c', script], {
    ...{ cwd: ROOT, env: { ...desk.env, PATH: path, npm_config_update_notifier: 'false' } },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.on('data', (data) => {
    said += data;
  });
  expect(await once(child, 'close')).toEqual([0, null]);
  expect(JSON.parse(said)).toEqual({ teams: [], unreadable: [], launches: [], readOnly: true });
  expect(await desk.json<unknown[]>('web', 'token')).toMatchObject([{ name: 'nightly', rights: 'read' }]);
  expect(await desk.refusal('web', 'tokn')).toMatchObject({ code: 'USAGE' });
  expect(await desk.json('web', 'token', 'revoke', 'nightly')).toEqual({ revoked: 'nightly' });
});
