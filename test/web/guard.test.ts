import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createSessions, TOKEN_MS } from '../../src/web/sessions.ts';
import { teamFiles } from '../support/team-files.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { enter, openDashboard } from './support/dashboard.ts';

/** A dashboard of one team that nobody runs. */
async function ofOneTeam(rights?: 'full' | 'read') {
  return openDashboard(dirname(dirname(await teamFiles())), rights);
}

describe('the door of the dashboard', () => {
  it('lets nobody in without a session, and says how to get one', async () => {
    const { ask } = await ofOneTeam();
    for (const path of ['/api/teams', '/api/teams/mine', '/api/teams/mine/events', '/api/nothing']) {
      const { status, json } = await ask(path);
      expect(status, path).toBe(401);
      expect(json.error).toMatchObject({
        code: 'WEB_NO_SESSION',
        hint: expect.stringContaining('cowork web'),
      });
    }
    const guessed = await ask('/api/teams', { headers: { cookie: 'cowork_1=x; cowork_0=y' } });
    expect(guessed.status).toBe(401);
  });

  it('takes a token once, and puts the session into a cookie that no script and no other site gets', async () => {
    const asker = await ofOneTeam();
    const { pathname, search } = new URL(asker.dashboard.link('full'));
    const first = await asker.ask(`${pathname}${search}`);
    expect(first).toMatchObject({ status: 303, headers: { location: '/' } });
    const [cookie = ''] = first.headers['set-cookie'] ?? [];
    expect(cookie).toMatch(/; HttpOnly/);
    expect(cookie).toMatch(/; SameSite=Strict/);
    expect(cookie).not.toContain(search.split('=')[1]);
    const again = await asker.ask(`${pathname}${search}`);
    expect(again.status).toBe(403);
    expect(again.headers['set-cookie']).toBeUndefined();
    expect((await asker.get('/api/teams')).status).toBe(200);
  });

  it('forgets a token that nobody used within ten minutes', () => {
    let now = 0;
    const sessions = createSessions(() => now);
    const [early, late] = [sessions.invite('full'), sessions.invite('read')];
    now = TOKEN_MS;
    const secret = sessions.enter(early);
    expect(sessions.rightsOf(secret)).toBe('full');
    now = TOKEN_MS + 1;
    expect(sessions.enter(late)).toBeUndefined();
  });

  it('answers to its own names only, so that no foreign name can be pointed at it', async () => {
    const { ask, cookie, dashboard } = await ofOneTeam();
    const { port } = dashboard;
    for (const host of [
      'evil.example',
      `evil.example:${port}`,
      `127.0.0.1:${port + 1}`,
      '127.0.0.1',
      `127.0.0.1.evil.example:${port}`,
    ]) {
      for (const path of ['/', '/api/teams', '/assets/app.js']) {
        const { status, json } = await ask(path, { headers: { cookie, host } });
        expect(status, `${host} ${path}`).toBe(403);
        expect(json.error.code).toBe('WEB_REFUSED');
      }
    }
    const ownName = await ask('/api/teams', { headers: { cookie, host: `localhost:${port}` } });
    expect(ownName.status).toBe(200);
  });

  it('refuses what comes from another page, also from another port of this machine', async () => {
    const { ask, cookie, origin, dashboard } = await ofOneTeam();
    const from = (headers: Record<string, string>, method = 'GET', path = '/api/teams') =>
      ask(path, { method, headers: { cookie, ...headers } });
    for (const foreign of [
      'http://evil.example',
      `http://127.0.0.1:${dashboard.port + 1}`,
      'null',
      `https://127.0.0.1:${dashboard.port}`,
    ]) {
      expect((await from({ origin: foreign })).status, foreign).toBe(403);
      expect((await from({ origin: foreign }, 'POST')).status, foreign).toBe(403);
    }
    for (const site of ['cross-site', 'same-site']) {
      expect((await from({ 'sec-fetch-site': site })).status, site).toBe(403);
      const framed = { 'sec-fetch-site': site, 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' };
      expect((await from(framed, 'GET', '/')).status).toBe(403);
    }
    // Without an Origin nothing is changed, whoever it is.
    for (const method of ['POST', 'PUT', 'DELETE']) expect((await from({}, method)).status).toBe(403);
    expect((await from({ origin })).status).toBe(200);
    // A link that is followed from elsewhere shows the page, which then asks by itself.
    const followed = {
      'sec-fetch-site': 'cross-site',
      'sec-fetch-mode': 'navigate',
      'sec-fetch-dest': 'document',
    };
    expect((await from(followed, 'GET', '/')).status).toBe(200);
  });

  it('says with every answer what the browser may load: from here only, nothing inline, in no frame', async () => {
    const { ask, get } = await ofOneTeam();
    for (const answer of [
      await ask('/'),
      await get('/api/teams'),
      await get('/nothing'),
      await ask('/', { headers: { host: 'x' } }),
    ]) {
      const policy = String(answer.headers['content-security-policy']);
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("script-src 'self'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toContain('unsafe');
      expect(policy).not.toMatch(/https?:/);
      expect(answer.headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cache-control': 'no-store',
      });
    }
    const { text } = await ask('/');
    expect(text).not.toMatch(/<script(?![^>]* src="\/)|style=| on\w+=|https?:\/\//);
  });

  it('serves the files of the page and none beside them', async () => {
    const { ask, get } = await ofOneTeam();
    expect((await ask('/assets/app.js')).headers['content-type']).toContain('javascript');
    for (const path of [
      '/assets/../cli.mjs',
      '/assets/..%2fcli.mjs',
      '/assets/%2e%2e/%2e%2e/package.json',
      '/assets/app.js/../../cli.mjs',
      '/../../etc/passwd',
      '//etc/passwd',
      '/assets/app.js%00.css',
    ]) {
      const { status, text } = await ask(path);
      expect(status, path).toBe(404);
      expect(text).not.toContain('root:');
    }
    for (const team of ['..', '%2e%2e', '..%2f..', 'mine%2f..%2fmine', 'mine%00', '.mine'])
      expect((await get(`/api/teams/${team}`)).status, team).toBe(404);
  });

  it('lets a session that may only look change nothing', async () => {
    const asker = await ofOneTeam('read');
    expect((await asker.get('/api/teams/mine')).json).toMatchObject({ readOnly: true });
    const { status, json } = await asker.post('/api/teams/mine/messages', { to: 'lead', text: 'x' });
    expect(status).toBe(403);
    expect(json.error.code).toBe('WEB_READ_ONLY');
    expect(await enter(asker, asker.dashboard.link('full'))).not.toBe(asker.cookie);
  });

  it('refuses a body over 4 MiB, and a port that is taken', async () => {
    const asker = await ofOneTeam();
    const { status, json } = await asker.post('/api/teams/mine/messages', {
      text: 'x'.repeat(5 * 1024 * 1024),
    });
    expect(status).toBe(400);
    expect(json.error.code).toBe('REQUEST_TOO_LARGE');
    const { serveDashboard } = await import('../../src/web/serve.ts');
    const second = serveDashboard({ home: await temporaryFolder(), env: {}, port: asker.dashboard.port });
    await expect(second).rejects.toMatchObject({ code: 'WEB_PORT' });
  });
});
