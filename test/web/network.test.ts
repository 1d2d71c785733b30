import { execFileSync, spawn } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { ensureCertificate } from '../../src/web/network/certificate.ts';
import { findHost } from '../../src/web/network/host.ts';
import { openNetwork } from '../../src/web/network/network.ts';
import { setPassphrase } from '../../src/web/network/passphrase.ts';
import { serveDashboard } from '../../src/web/serve.ts';
import { kill, openDesk, PROGRAM } from '../support/cowork.ts';
import { temporaryFolder } from '../support/temporary.ts';

const RIGHT = 'correct horse battery staple';
const OPENSSL = '/usr/bin/openssl';

interface Asked {
  method?: string;
  headers?: Record<string, string>;
  body?: unknown;
}

/** A dashboard by TLS on loopback, and a browser that trusts its certificate and nothing else. */
async function openSecure(rights: 'full' | 'read' = 'full') {
  const home = await temporaryFolder();
  await setPassphrase(home, RIGHT);
  const network = await openNetwork(home, '127.0.0.1', rights);
  const dashboard = await serveDashboard({ home, env: {}, port: 0, network });
  onTestFinished(() => dashboard[Symbol.asyncDispose]());
  const { port, origin } = dashboard;
  const ask = async (path: string, { method = 'GET', headers = {}, body }: Asked = {}) => {
    const all = body === undefined ? headers : { 'content-type': 'application/json', ...headers };
    const request = https.request({
      host: '127.0.0.1',
      port,
      path,
      method,
      headers: all,
      ca: network.tls.cert,
      // It would look at the Host that the test makes up; that the names are right is the next test but one.
      checkServerIdentity: () => undefined,
    });
    request.end(body === undefined ? undefined : JSON.stringify(body));
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    const text = (await response.toArray()).join('');
    return {
      status: response.statusCode,
      headers: response.headers,
      json: text.startsWith('{') ? JSON.parse(text) : {},
    };
  };
  const enter = (passphrase: string, headers: Record<string, string> = { origin }) =>
    ask('/enter', { method: 'POST', headers, body: { passphrase } });
  return { dashboard, network, home, ask, enter };
}

it('in the local network it is shown by TLS, to who knows the passphrase, with a cookie that goes nowhere else', async () => {
  const { ask, enter, dashboard, home } = await openSecure();
  expect((await ask('/')).status).toBe(200);
  expect((await ask('/api/teams')).json.error.code).toBe('WEB_PASSPHRASE_NEEDED');
  const wrong = await enter('incorrect horse battery');
  expect([wrong.status, wrong.json.error.code, wrong.headers['set-cookie']]).toEqual([
    401,
    'WEB_PASSPHRASE_WRONG',
    undefined,
  ]);
  const { status, headers } = await enter(RIGHT);
  const [cookie = ''] = headers['set-cookie'] ?? [];
  expect(status).toBe(200);
  expect(cookie).toMatch(/^__Host-cowork_\d+=/);
  for (const word of ['Secure', 'HttpOnly', 'SameSite=Strict', 'Path=/'])
    expect(cookie).toContain(`; ${word}`);
  expect(cookie).not.toContain('Domain');
  const session = { cookie: cookie.split(';')[0] ?? '' };
  expect((await ask('/api/teams', { headers: session })).json).toMatchObject({ teams: [], readOnly: false });
  // What stands on the disk is nobody else's, and no passphrase.
  for (const name of readdirSync(join(home, 'web'))) {
    expect(statSync(join(home, 'web', name)).mode & 0o077, name).toBe(0);
    expect(readFileSync(join(home, 'web', name), 'utf8')).not.toContain(RIGHT);
  }
  expect(dashboard.origin).toMatch(/^https:/);
});

it('other names, other pages and plain HTTP get nothing, and a session that may only look changes nothing', async () => {
  const { ask, enter, dashboard } = await openSecure('read');
  const { port, origin } = dashboard;
  for (const host of [`evil.example:${port}`, `localhost:${port}`, '127.0.0.1', `127.0.0.1:${port + 1}`])
    expect((await ask('/', { headers: { host } })).json.error.code, host).toBe('WEB_REFUSED');
  for (const headers of [
    {},
    { origin: 'https://evil.example' },
    { origin: `http://127.0.0.1:${port}` },
    { origin: 'null' },
  ])
    expect((await enter(RIGHT, headers as Record<string, string>)).json.error.code).toBe('WEB_REFUSED');
  const [cookie = ''] = (await enter(RIGHT)).headers['set-cookie'] ?? [];
  const headers = { cookie: cookie.split(';')[0] ?? '', origin };
  const launch = await ask('/api/launch', { method: 'POST', headers, body: {} });
  expect(launch.json.error.code).toBe('WEB_READ_ONLY');
  const foreign = { ...headers, origin: 'https://evil.example' };
  expect((await ask('/api/launch', { method: 'POST', headers: foreign, body: {} })).json.error.code).toBe(
    'WEB_REFUSED',
  );

  const plain = http.get({ host: '127.0.0.1', port, path: '/' });
  const [error] = (await once(plain, 'error')) as [Error];
  expect(error.message).toMatch(/hang up|reset|Parse/);
  const stranger = https.get({ host: '127.0.0.1', port, path: '/' });
  expect(((await once(stranger, 'error')) as [NodeJS.ErrnoException])[0].code).toMatch(/SELF_SIGNED/);
});

it('who guesses passphrases waits longer each time, also with the right one', async () => {
  const { enter } = await openSecure();
  const codes: string[] = [];
  // Counted when they come: all at once are as many guesses.
  const answers = await Promise.all(Array.from({ length: 8 }, (_, n) => enter(`guess number ${n}`)));
  for (const { json } of answers) codes.push(json.error.code);
  expect(codes.toSorted()).toEqual([
    ...Array.from({ length: 5 }, () => 'WEB_PASSPHRASE_WRONG'),
    ...Array.from({ length: 3 }, () => 'WEB_TOO_MANY'),
  ]);
  const { status, headers } = answers.find(({ status }) => status === 429) ?? {};
  expect(status).toBe(429);
  expect(headers?.['retry-after']).toMatch(/^\d+$/);
});

it('the certificate is for its one name or address, kept, and made anew before it ends', async () => {
  const home = await temporaryFolder();
  const first = await ensureCertificate(home, '127.0.0.1');
  const parsed = new X509Certificate(first.certificate);
  expect([parsed.checkIP('127.0.0.1'), parsed.checkIP('127.0.0.2'), parsed.ca]).toEqual([
    '127.0.0.1',
    undefined,
    false,
  ]);
  expect(parsed.fingerprint256).toBe(first.fingerprint);
  expect(await ensureCertificate(home, '127.0.0.1')).toEqual({ ...first, isNew: false });
  const later = Date.parse(parsed.validTo) - 20 * 86_400_000;
  const renewed = await ensureCertificate(home, '127.0.0.1', later);
  expect(renewed.fingerprint).not.toBe(first.fingerprint);
  const named = await ensureCertificate(home, 'desk.local', later);
  expect(new X509Certificate(named.certificate).checkHost('desk.local')).toBe('desk.local');
  const six = new X509Certificate((await ensureCertificate(home, 'fd00::1')).certificate);
  expect(six.checkIP('fd00::1')).toBe('fd00::1');
  if (!existsSync(OPENSSL)) return; // the TLS clients of the other tests read it as well
  const file = join(home, 'one.pem');
  writeFileSync(file, first.certificate);
  const said = execFileSync(
    OPENSSL,
    ['verify', '-x509_strict', '-CAfile', file, '-verify_ip', '127.0.0.1', file],
    { encoding: 'utf8' },
  );
  expect(said).toContain('OK');
});

it('it is shown at one address of a local network, with a passphrase of some length, or not at all', async () => {
  for (const given of ['0.0.0.0', '::', '8.8.8.8', '2606:4700::1111', 'no such name', 'a..b'])
    await expect(findHost(given), given).rejects.toMatchObject({ code: 'WEB_HOST' });
  for (const given of ['192.168.1.5', '10.0.0.1', 'fd00::1', '127.0.0.1'])
    expect(await findHost(given)).toEqual({ name: given, address: given });
  const desk = openDesk();
  expect(await desk.refusal('web', '--host', '127.0.0.1')).toMatchObject({
    code: 'WEB_PASSPHRASE_MISSING',
    exit: 4,
  });
  const file = join(desk.folder, 'passphrase');
  writeFileSync(file, 'short\n');
  expect(await desk.refusal('web', '--host', '127.0.0.1', '--passphrase-file', file)).toMatchObject({
    code: 'WEB_PASSPHRASE_WEAK',
  });
  writeFileSync(file, `${RIGHT}\n`);
  const web = spawn(
    process.execPath,
    [PROGRAM, 'web', '--json', '--host', '127.0.0.1', '--passphrase-file', file],
    { env: desk.env, cwd: desk.folder },
  );
  onTestFinished(() => void (web.pid && kill(web.pid)));
  const [line] = (await once(web.stdout, 'data')) as [Buffer];
  const { url, fingerprint } = JSON.parse(line.toString());
  const { certificate } = JSON.parse(readFileSync(join(desk.home, 'web', 'certificate.json'), 'utf8'));
  expect(new X509Certificate(certificate).fingerprint256).toBe(fingerprint);
  const request = https.get(url, { ca: certificate });
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  response.resume();
  expect(response.statusCode).toBe(200);
  web.kill('SIGTERM');
  expect(await once(web, 'close')).toEqual([0, null]);
});
