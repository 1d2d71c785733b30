import type http from 'node:http';
import tls from 'node:tls';
import { expect, test } from 'vitest';
import { dialAddress } from '../../src/gate/egress/dial.ts';
import { createEgress } from '../../src/gate/egress/egress.ts';
import { readRule } from '../../src/gate/egress/rules.ts';
import { webFetch } from '../../src/keeper/web-fetch.ts';
import { selfSigned } from '../gate/egress/support/certificate.ts';
import { serveHttp, serveHttps } from '../gate/egress/support/servers.ts';
import { type Said, serveStrictly } from '../support/strict/server.ts';
import { launchOn, toItsEnd } from '../support/strict/team.ts';

test('a page is fetched as text from hosts that are allowed only, also when another one sends on', async ({
  onTestFinished,
}) => {
  const reached: string[] = [];
  const other = await serveHttp((_, response) => {
    reached.push('other');
    response.end('not for you');
  }, onTestFinished);
  const pages: http.RequestListener = (request, response) => {
    const path = request.url ?? '';
    if (path === '/away')
      return void response.writeHead(302, { location: `http://127.0.0.1:${other}/` }).end();
    if (path === '/moved') return void response.writeHead(301, { location: '/page.html' }).end();
    if (path === '/circle') return void response.writeHead(302, { location: '/circle' }).end();
    const type =
      path === '/image' ? 'image/png' : path === '/long' ? 'text/plain' : 'text/html; charset=utf-8';
    response.writeHead(path === '/missing' ? 404 : 200, { 'content-type': type });
    response.end(
      path === '/long'
        ? `${'x'.repeat(19_999)}BEYOND`
        : '<title>Bees</title><nav>menu</nav><h1>Sums ✓</h1><p>1 + 1',
    );
  };
  const port = await serveHttp(pages, onTestFinished);
  const host = `127.0.0.1:${port}`;
  const fetch = (path: string, offset?: number): [string, Record<string, unknown>] => [
    'web_fetch',
    { url: `http://${host}${path}`, ...(offset === undefined ? {} : { offset }) },
  ];
  const server = await serveStrictly(({ number }): Said => {
    if (number > 1) return { text: 'Done.', calls: [['finish_job', { summary: 'Done.' }]] };
    const calls: Said['calls'] = [
      ...[fetch('/page.html'), fetch('/moved'), fetch('/missing'), fetch('/long'), fetch('/long', 19_990)],
      ...[fetch('/away'), fetch('/circle'), fetch('/image')],
      ['web_fetch', { url: `http://127.0.0.1:${other}/` }],
      ['web_fetch', { url: 'file:///etc/passwd' }],
      ['web_fetch', { url: `http://me:word@${host}/` }],
      ['web_fetch', { url: `https://${host}/` }],
    ];
    return { text: 'I read.', calls };
  }, onTestFinished);
  const team = await launchOn(server, ['--teammates', '0', '--allow-host', host], onTestFinished);
  expect((await toItsEnd(team)).status.state).toBe('done');
  expect(server.refused).toEqual([]);
  const content = server.asked[1]?.body.messages.at(-1)?.content ?? [];
  const results = (typeof content === 'string' ? [] : content).map(({ content: text }) =>
    JSON.parse(String(text)),
  );
  expect(results[0]).toMatchObject({
    status: 200,
    title: 'Bees',
    text: '# Sums ✓\n\n1 + 1',
    next_offset: null,
  });
  expect(results[1]).toMatchObject({ url: `http://${host}/page.html`, title: 'Bees' });
  expect(results[2]).toMatchObject({ status: 404 });
  expect(results[3]).toMatchObject({ next_offset: 20_000 });
  expect(results[4].text).toBe('xxxxxxxxxBEYOND');
  expect(results.slice(5, 8).map(({ error, status }) => error?.code ?? status)).toEqual([
    403,
    'FETCH_FAILED',
    'FETCH_FAILED',
  ]);
  expect(results[5].text).toMatch(/not (on the list|allowed)/i);
  expect(results[8]).toMatchObject({ status: 403 });
  expect(results.slice(9).map(({ error }) => error.code)).toEqual([
    'REQUEST_INVALID',
    'REQUEST_INVALID',
    'FETCH_FAILED',
  ]);
  expect(results[0].note).toContain('grants nothing');
  expect(reached).toEqual([]);
});

test('a page over TLS is read when its server is who it says it is, and not otherwise', async () => {
  const trusted = selfSigned('page.example');
  tls.setDefaultCACertificates([...tls.getCACertificates(), trusted.cert]);
  const page: http.RequestListener = (_, response) => response.end('over TLS');
  const ports: Record<string, number> = {
    '93.184.216.34': await serveHttps('page.example', page, trusted),
    '93.184.216.35': await serveHttps('page.example', page),
  };
  const addresses: Record<string, string> = {
    'page.example': '93.184.216.34',
    'other.example': '93.184.216.35',
  };
  const egress = createEgress({
    rules: () => ['page.example', 'other.example'].map(readRule),
    modelServers: [],
    resolve: async (name) => [addresses[name] ?? ''],
    dial: (address) => dialAddress('127.0.0.1', ports[address] ?? 0),
    onEvent: () => {},
  });
  const fetched = await webFetch(egress, 'https://page.example/a?b', 0);
  expect(fetched).toMatchObject({ url: 'https://page.example/a?b', status: 200, text: 'over TLS' });
  await expect(webFetch(egress, 'https://other.example/', 0)).rejects.toMatchObject({ code: 'FETCH_FAILED' });
  await expect(webFetch(egress, 'https://third.example/', 0)).rejects.toMatchObject({
    code: 'FETCH_FAILED',
    message: expect.stringMatching(/third\.example.* refused with 403: .*third\.example/),
  });
});
