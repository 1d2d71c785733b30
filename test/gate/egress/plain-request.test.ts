import { expect, test } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { openProxy, talk } from './support/proxy.ts';
import { serveBytes, serveHttp } from './support/servers.ts';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const lines = (...all: string[]) => `${all.join('\r\n')}\r\n`;

/** A proxy that allows one host, which notes what it is sent. */
async function oneHost(answer = OK) {
  const { port, connections } = await serveBytes(answer);
  const proxy = await openProxy({
    rules: ['shop.test'],
    names: { 'shop.test': [['93.184.216.34']] },
    leads: { '93.184.216.34:80': port },
  });
  return { proxy, connections };
}

test('what goes out is written anew: one Host, no credentials of the proxy, nothing of the one connection', async () => {
  const { proxy, connections } = await oneHost();
  const said = await talk(
    proxy.port,
    lines(
      ...[
        'GET http://SHOP.test:80/a/../b?q=%00 HTTP/1.1',
        'Host: shop.TEST.',
        'Proxy-Authorization: Basic c2VjcmV0',
      ],
      ...[
        'Proxy-Connection: keep-alive',
        'Connection: close, X-Mine, Authorization',
        'X-Mine: 1',
        'Keep-Alive: 9',
      ],
      ...[
        'Upgrade: h2c',
        'HTTP2-Settings: AA',
        'TE: trailers',
        'Authorization: Bearer theirs',
        'X-Kept: a',
        'X-Kept: b',
      ],
      ...['Cookie: own=1', '', ''],
    ),
  );
  expect(said).toContain('ok');
  expect(String(connections[0]).split('\r\n')).toEqual([
    ...[
      'GET /a/../b?q=%00 HTTP/1.1',
      'host: shop.test',
      'HTTP2-Settings: AA',
      'X-Kept: a',
      'X-Kept: b',
      'Cookie: own=1',
    ],
    ...['connection: close', '', ''],
  ]);
});

test('a request that two readers could understand in two ways is refused, and not a byte of it goes out', async () => {
  const { proxy, connections } = await oneHost();
  const host = 'Host: shop.test';
  const post = ['POST http://shop.test/ HTTP/1.1', host];
  const smuggled = 'GET http://evil.test/ HTTP/1.1';
  const refused: string[][] = [
    [...post, 'Content-Length: 5', 'Transfer-Encoding: chunked', '', '0', '', smuggled, ''],
    [...post, 'Transfer-Encoding: chunked', 'Content-Length: 5', '', '0', '', smuggled, ''],
    [...post, 'Content-Length: 0', 'Content-Length: 44', '', smuggled, ''],
    [...post, 'Content-Length: 0, 44', '', smuggled, ''],
    [...post, 'Content-Length: +5', '', 'hello'],
    [...post, 'Content-Length: 0x5', '', 'hello'],
    [...post, 'Content-Length : 5', '', 'hello'],
    [...post, 'Transfer-Encoding : chunked', '', '0', '', ''],
    [...post, 'Transfer-Encoding: xchunked', '', '0', '', ''],
    [...post, 'Transfer-Encoding: identity', '', 'hello', ''],
    [...post, 'Transfer-Encoding: chunked', 'Transfer-Encoding: identity', '', '0', '', ''],
    [...post, 'Transfer-Encoding: gzip, chunked', '', '0', '', ''],
    [...post, 'Transfer-Encoding:\x0bchunked', '', '0', '', ''],
    ['GET http://shop.test/ HTTP/1.1', '', ''],
    ['GET http://shop.test/ HTTP/1.1', host, 'Host: evil.test', '', ''],
    ['GET http://shop.test/ HTTP/1.1', 'Host: evil.test', '', ''],
    ['GET http://shop.test/ HTTP/1.1', 'Host: shop.test:8080', '', ''],
    ['GET http://shop.test/ HTTP/1.1', 'Host: shop.test@evil.test', '', ''],
    ['GET http://shop.test/ HTTP/1.1', 'Host:', '', ''],
    ['GET http://shop.test/ HTTP/1.1', host, ' Host: evil.test', '', ''],
    ['GET http://user:pass@shop.test/ HTTP/1.1', host, '', ''],
    ['GET http://shop.test@evil.test/ HTTP/1.1', 'Host: evil.test', '', ''],
    ['GET http://evil.test\\@shop.test/ HTTP/1.1', host, '', ''],
    ['GET http://shop.test\\.evil.test/ HTTP/1.1', host, '', ''],
    ['GET http://shop.test#@evil.test/ HTTP/1.1', host, '', ''],
    ['GET http:///shop.test/ HTTP/1.1', host, '', ''],
    ['GET http:/shop.test/ HTTP/1.1', host, '', ''],
    ['GET http:shop.test/ HTTP/1.1', host, '', ''],
    ['GET https://shop.test/ HTTP/1.1', host, '', ''],
    ['GET ftp://shop.test/ HTTP/1.1', host, '', ''],
    ['GET //shop.test/ HTTP/1.1', host, '', ''],
    ['GET / HTTP/1.1', host, '', ''],
    ['OPTIONS * HTTP/1.1', host, '', ''],
    ['GET shop.test:80 HTTP/1.1', host, '', ''],
    ['GET http://shop.test:443/ HTTP/1.1', 'Host: shop.test:443', '', ''],
    ['GET http://shop.test/ x HTTP/1.1', host, '', ''],
    ['GET http://shop.test/\x01 HTTP/1.1', host, '', ''],
    ['GET http://shop.test/ HTTP/1.1', host, 'X: a\rHost: evil.test', '', ''],
    ['GET http://shop.test/ HTTP/1.1', host, 'X: a\0b', '', ''],
    ['GET http://shop.test/ HTTP/2.0', host, '', ''],
    ['GET http://shop.test/ HTTP/0.9', host, '', ''],
    ['GET http://shop.test/', host, '', ''],
    ['CONNECT shop.test HTTP/1.1', host, '', ''],
    ['CONNECT shop.test:80 HTTP/1.1', host, '', ''],
    ['CONNECT http://shop.test:443 HTTP/1.1', host, '', ''],
    ['CONNECT user@shop.test:443 HTTP/1.1', host, '', ''],
    ['CONNECT 0x7f.1:443 HTTP/1.1', host, '', ''],
    ['PRI * HTTP/2.0', '', 'SM', '', ''],
  ];
  for (const request of refused) {
    const answer = await talk(proxy.port, request.join('\r\n'), 3_000);
    expect([request.slice(0, 4), answer]).toEqual([
      request.slice(0, 4),
      expect.stringMatching(/^HTTP\/1\.1 (400|403|501) [^\r]+/),
    ]);
  }
  expect([proxy.dialled, connections]).toEqual([[], []]);
  expect(JSON.stringify(proxy.events)).not.toContain('user:pass'); // what was not understood is not written down
});

test('a body goes out as it was delimited, and what follows it is a request of its own', async () => {
  const heard: string[] = [];
  const port = await serveHttp((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text) => {
      body += text;
    });
    request.on('end', () => {
      heard.push(
        `${request.method} ${request.url} ${request.headers['transfer-encoding'] ?? request.headers['content-length']} ${body}`,
      );
      response.end('ok');
    });
  });
  const proxy = await openProxy({ rules: [`127.0.0.1:${port}`] });
  const host = `127.0.0.1:${port}`;
  const said = await talk(
    proxy.port,
    lines(
      ...[
        `POST http://${host}/1 HTTP/1.1`,
        `Host: ${host}`,
        'Content-Length: 5',
        'Connection: content-length',
        '',
        'hello',
      ],
    ).trimEnd() +
      lines(
        ...[
          `DELETE http://${host}/2 HTTP/1.1`,
          `Host: ${host}`,
          'Transfer-Encoding: chunked',
          '',
          '3',
          'abc',
          '0',
          '',
        ],
      ) +
      lines(...[`GET http://evil.test/3 HTTP/1.1`, 'Host: evil.test', '', '']),
  );
  expect(said.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 200', 'HTTP/1.1 403']);
  expect(heard.toSorted()).toEqual(['DELETE /2 chunked abc', 'POST /1 5 hello']);
});

test('a server that answers before it has read everything is heard', async () => {
  const port = await serveHttp((request, response) => {
    response.writeHead(413, { connection: 'close' }).end('too much');
    request.destroy();
  });
  const proxy = await openProxy({ rules: [`127.0.0.1:${port}`] });
  const host = `127.0.0.1:${port}`;
  const head = lines(`POST http://${host}/ HTTP/1.1`, `Host: ${host}`, 'Content-Length: 90000000', '');
  expect(await talk(proxy.port, `${head}${'x'.repeat(100_000)}`, 10_000, /too much|502/)).toMatch(
    /^HTTP\/1\.1 (413 |502 )/,
  );
});

test('an answer that is none, or a hostile one, ends its own request only', async () => {
  for (const answer of [
    'nonsense',
    'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nfree',
    `HTTP/1.1 200 OK\r\nX: ${'y'.repeat(100_000)}\r\n\r\n`,
    'HTTP/1.1 200 OK\r\nX: a\rb\r\n\r\n',
    'HTTP/1.1 99999 \r\n\r\n',
    '',
  ]) {
    const { proxy } = await oneHost(answer);
    const get = lines('GET http://shop.test/ HTTP/1.1', 'Host: shop.test', '', '');
    expect([answer.slice(0, 90), await talk(proxy.port, get)]).toEqual([
      answer.slice(0, 90),
      expect.stringMatching(/^HTTP\/1\.1 502 cowork: /),
    ]);
    await eventually('it to be closed', () => proxy.events.at(-1)?.type === 'closed');
  }
});

test('the phrase and headers of an answer do not reach over into another answer', async () => {
  const { proxy } = await oneHost(
    'HTTP/1.1 200 Fine\r\nProxy-Authenticate: Basic\r\nConnection: X-Hop\r\nX-Hop: 1\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 Extra\r\n\r\n',
  );
  const get = lines('GET http://shop.test/ HTTP/1.1', 'Host: shop.test', 'Connection: close', '', '');
  const said = await talk(proxy.port, get);
  expect(said).not.toMatch(/Extra|X-Hop|Proxy-Auth|Fine/);
  expect(said.match(/Set-Cookie: .=/gi)).toHaveLength(2);
});
