import type http from 'node:http';
import net from 'node:net';
import tls from 'node:tls';
import { expect, test } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { browse } from './support/browse.ts';
import { openProxy, talk } from './support/proxy.ts';
import { serveBytes, serveHttp, serveHttps } from './support/servers.ts';

const PUBLIC = '93.184.216.34';
const connectTo = (host: string) => `CONNECT ${host} HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
const get = (url: string, host = new URL(url).host) =>
  `GET ${url} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;

test('an allowed host is reached by plain HTTP and by HTTPS, and what was reached is noted without its paths', async () => {
  const plain = await serveHttp((request, response) =>
    response.end(`plain ${request.url} for ${request.headers.host}`),
  );
  const secure = await serveHttps('shop.test', (_, response) => response.end('over TLS'));
  const proxy = await openProxy({
    rules: ['shop.test'],
    names: { 'shop.test': [[PUBLIC]] },
    leads: { [`${PUBLIC}:80`]: plain, [`${PUBLIC}:443`]: secure },
  });
  expect(await browse(proxy.url, 'http://shop.test/a?b=secret')).toBe('plain /a?b=secret for shop.test');
  expect(await browse(proxy.url, 'https://shop.test/')).toBe('over TLS');
  await eventually(
    'both to be closed',
    () => proxy.events.filter(({ type }) => type === 'closed').length === 2,
  );
  expect(proxy.events.map(({ type, way, host }) => [type, way, host])).toEqual([
    ['opened', 'request', 'shop.test:80'],
    ['closed', 'request', 'shop.test:80'],
    ['opened', 'tunnel', 'shop.test:443'],
    ['closed', 'tunnel', 'shop.test:443'],
  ]);
  expect(proxy.events[0]).toMatchObject({ rule: 'shop.test' });
  expect(proxy.events[3]).toMatchObject({ sent: expect.any(Number), received: expect.any(Number) });
  expect(JSON.stringify(proxy.events)).not.toContain('secret');
});

test('a host that is not allowed is refused in words, is not looked up, and nothing is connected to', async () => {
  const proxy = await openProxy({
    rules: ['shop.test', '*.docs.test:8443'],
    names: { 'other.test': [[PUBLIC]] },
  });
  const said = await browse(proxy.url, 'http://other.test/');
  expect(said).toContain('other.test:80 is not allowed for this team.');
  expect(said).toContain('Allowed: shop.test, *.docs.test:8443.');
  expect(said).toContain('request_access');
  expect(await talk(proxy.port, connectTo('other.test:443'))).toMatch(
    /^HTTP\/1\.1 403 cowork: other\.test:443 is not allowed for this team\.\r\n[\s\S]*\r\n\r\ncowork: other\.test:443/,
  );
  expect(await browse(proxy.url, 'http://shop.test:8080/')).toContain('The host is, on another port.');
  expect(proxy.events.map((event) => event.type === 'refused' && event.kind)).toEqual(
    Array.from({ length: 3 }, () => 'not allowed'),
  );
  expect([proxy.lookedUp, proxy.dialled]).toEqual([[], []]);
});

test('a host that was allowed a moment ago counts at once', async () => {
  const port = await serveHttp((_, response) => response.end('welcome'));
  const proxy = await openProxy({ names: { 'late.test': [[PUBLIC]] }, leads: { [`${PUBLIC}:80`]: port } });
  expect(await browse(proxy.url, 'http://late.test/')).toContain('not allowed');
  proxy.rules.push('late.test');
  expect(await browse(proxy.url, 'http://late.test/')).toBe('welcome');
});

test('no name leads to an address behind the machine, whatever it resolves to', async () => {
  const inside = [
    ...[
      '127.0.0.1',
      '10.1.2.3',
      '172.16.0.1',
      '192.168.1.1',
      '169.254.169.254',
      '100.64.0.1',
      '100.100.100.200',
    ],
    ...['0.0.0.0', '224.0.0.1', '255.255.255.255', '192.0.0.192', '198.18.0.1', '240.0.0.1', '168.63.129.16'],
    ...[
      '::1',
      '::',
      'fe80::1',
      'fe80::1%eth0',
      'fd00:ec2::254',
      'fc00::1',
      'fec0::1',
      'ff02::1',
      '::ffff:127.0.0.1',
    ],
    ...[
      '::127.0.0.1',
      '::ffff:0:127.0.0.1',
      '64:ff9b::7f00:1',
      '64:ff9b:1::7f00:1',
      '2002:7f00:1::',
      '2001::1',
    ],
    ...['4000::1', '0::ffff:a9fe:a9fe'],
  ];
  const names = Object.fromEntries(inside.map((address, i) => [`n${i}.test`, [[address]]]));
  const proxy = await openProxy({ rules: ['*.test'], names });
  for (const [i, address] of inside.entries()) {
    const answers = [
      await talk(proxy.port, connectTo(`n${i}.test:443`)),
      await talk(proxy.port, get(`http://n${i}.test/`)),
    ];
    for (const answer of answers)
      expect([address, answer]).toEqual([address, expect.stringMatching(/^HTTP\/1\.1 403 /)]);
  }
  expect(proxy.dialled).toEqual([]);
  expect(proxy.events.every((event) => event.type === 'refused' && event.kind === 'not public')).toBe(true);
});

test('a private address is reached when it was granted as such: directly, and by a name that leads there', async () => {
  const port = await serveHttp((_, response) => response.end('inside'));
  const proxy = await openProxy({
    rules: [`127.0.0.1:${port}`, `here.test:${port}`],
    names: { 'here.test': [['127.0.0.1']] },
  });
  expect(await browse(proxy.url, `http://127.0.0.1:${port}/`)).toBe('inside');
  expect(await browse(proxy.url, `http://here.test:${port}/`)).toBe('inside');
  // On another port, in another spelling, or by a rule for names only, it is not.
  for (const host of [
    `127.0.0.1:${port + 1}`,
    `[::ffff:127.0.0.1]:${port}`,
    `[::1]:${port}`,
    `127.1:${port}`,
  ]) {
    expect(await talk(proxy.port, connectTo(host))).toMatch(/^HTTP\/1\.1 40[03] /);
  }
});

test('of several addresses of a name, only those that are allowed are tried', async () => {
  const port = await serveHttp((_, response) => response.end('the public one'));
  const proxy = await openProxy({
    rules: ['mixed.test'],
    names: { 'mixed.test': [['10.0.0.1', '::1', PUBLIC]] },
    leads: { [`${PUBLIC}:80`]: port },
  });
  expect(await browse(proxy.url, 'http://mixed.test/')).toBe('the public one');
  expect(proxy.dialled).toEqual([`${PUBLIC}:80`]);
});

test('a name that changes its address between check and connection leads to the address that was checked', async () => {
  const port = await serveHttp((_, response) => response.end('checked'));
  const proxy = await openProxy({
    rules: ['rebind.test'],
    names: { 'rebind.test': [[PUBLIC], ['127.0.0.1']] },
    leads: { [`${PUBLIC}:80`]: port },
  });
  expect(await browse(proxy.url, 'http://rebind.test/')).toBe('checked');
  expect([proxy.lookedUp, proxy.dialled]).toEqual([['rebind.test'], [`${PUBLIC}:80`]]);
  expect(await browse(proxy.url, 'http://rebind.test/')).toContain('127.0.0.1, a loopback address');
  expect(proxy.dialled).toEqual([`${PUBLIC}:80`]);
});

test('a redirect is an answer; where it leads is decided when it is asked for', async () => {
  const port = await serveHttp((_, response) =>
    response.writeHead(302, { location: 'http://169.254.169.254/latest/meta-data/' }).end(),
  );
  const proxy = await openProxy({
    rules: ['moved.test'],
    names: { 'moved.test': [[PUBLIC]] },
    leads: { [`${PUBLIC}:80`]: port },
  });
  const answer = await talk(proxy.port, get('http://moved.test/'));
  const location = /^location: (.*)\r$/im.exec(answer)?.[1] ?? '';
  expect(location).toContain('169.254.169.254');
  expect(await browse(proxy.url, location)).toContain('169.254.169.254:80 is not allowed');
  expect(proxy.dialled).toEqual([`${PUBLIC}:80`]);
});

test('a TLS connection that names another host, or none, or hides it, is cut before a byte of it goes on', async () => {
  const reached: (string | false | null)[] = [];
  const secure = await serveHttps('front.test', (request, response) => {
    reached.push((request.socket as tls.TLSSocket).servername);
    response.end('in');
  });
  const proxy = await openProxy({
    rules: ['front.test'],
    names: { 'front.test': [[PUBLIC]] },
    leads: { [`${PUBLIC}:443`]: secure },
  });
  const shake = (servername: string | undefined) =>
    new Promise<string>((resolve) => {
      const socket = net.connect(proxy.port, '127.0.0.1', () => socket.write(connectTo('front.test:443')));
      socket.once('data', () => {
        const secured = tls.connect({ socket, rejectUnauthorized: false, ...(servername && { servername }) });
        secured.once('secureConnect', () => resolve('secured'));
        secured.once('error', (error: Error) => resolve(error.message));
        secured.once('close', () => resolve('closed'));
      });
    });
  expect(await shake('front.test')).toBe('secured');
  expect(await shake('FRONT.test')).toBe('secured');
  expect(await shake('evil.test')).toContain('alert access denied');
  expect(await shake('www.front.test')).toContain('alert access denied');
  expect(await shake(undefined)).toContain('alert access denied');
  expect(proxy.events.flatMap((event) => (event.type === 'refused' ? [event.kind] : []))).toEqual([
    ...['wrong TLS name', 'wrong TLS name', 'no TLS name'],
  ]);
  expect(reached).toEqual([]); // they have shaken hands only
});

test('port 443 takes TLS only, and a proxy inside the tunnel is not reached by its words', async () => {
  const inner = await serveBytes('HTTP/1.1 200 Connection established\r\n\r\n');
  const proxy = await openProxy({
    rules: ['relay.test', 'relay.test:3128'],
    names: { 'relay.test': [[PUBLIC]] },
    leads: { [`${PUBLIC}:443`]: inner.port, [`${PUBLIC}:3128`]: inner.port },
  });
  const nested = await talk(proxy.port, connectTo('relay.test:443') + connectTo('evil.test:443'));
  expect(nested).toMatch(/^HTTP\/1\.1 200 .*\r\n\r\nHTTP\/1\.1 403 [\s\S]*is for TLS only/);
  expect(inner.connections.map(String)).toEqual(['']);
  // A port that the user has named carries what it likes.
  expect(await talk(proxy.port, connectTo('relay.test:3128') + connectTo('evil.test:443'))).toMatch(
    /200 Connection established\r\n\r\nHTTP\/1\.1 200/,
  );
});

test('a relay among the programs of the guest changes nothing: what it asks for is decided here', async () => {
  const proxy = await openProxy({ rules: ['shop.test'] });
  const relay = net.createServer((program) => {
    const onwards = net.connect(proxy.port, '127.0.0.1');
    program.on('error', () => {}).pipe(onwards);
    onwards.on('error', () => {}).pipe(program);
  });
  await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve));
  const { port } = relay.address() as net.AddressInfo;
  expect(await talk(port, connectTo('evil.test:443'))).toMatch(/^HTTP\/1\.1 403 /);
  expect(await talk(port, get('http://evil.test/'))).toMatch(/^HTTP\/1\.1 403 /);
  relay.close();
  expect(proxy.dialled).toEqual([]);
});

test('the model server is reached by the model route or not at all, whatever rules cover it and whatever key is brought', async () => {
  const model = await serveHttp((_, response) => response.end('a file was taken'));
  const proxy = await openProxy({
    rules: [
      '*.anthropic.com',
      '*.models.test',
      `127.0.0.1:${model}`,
      `alias.test:${model}`,
      'models.test:9000',
    ],
    names: { 'alias.test': [['127.0.0.1']], 'api.anthropic.com': [[PUBLIC]], 'llm.models.test': [[PUBLIC]] },
    modelUrl: `http://127.0.0.1:${model}/v1`,
  });
  const named = await openProxy({
    rules: ['*.models.test', '*.models.test:9000', '10.0.0.5:443'],
    names: { 'llm.models.test': [['10.0.0.5']] },
    modelUrl: 'https://llm.models.test',
  });
  for (const [{ port }, host] of [
    [proxy, 'api.anthropic.com:443'],
    [proxy, 'API.Anthropic.com.:443'],
    [proxy, `127.0.0.1:${model}`],
    [proxy, `alias.test:${model}`],
    [named, 'llm.models.test:443'],
    [named, 'llm.models.test:9000'],
    [named, '10.0.0.5:443'],
  ] as const) {
    expect([host, await talk(port, connectTo(host))]).toEqual([
      host,
      expect.stringMatching(/^HTTP\/1\.1 403 .*model server/),
    ]);
  }
  const upload = { headers: { 'x-api-key': 'sk-ant-of-somebody-else' }, body: 'what the folder holds' };
  expect(await browse(proxy.url, `http://127.0.0.1:${model}/v1/files`, upload)).toContain(
    'is a model server',
  );
  expect(await browse(proxy.url, 'https://api.anthropic.com/v1/files', upload)).toContain('403');
  expect([...proxy.dialled, ...named.dialled]).toEqual([]);
});

test('what a host can be reached by and what not is said: unknown, refused, silent', async () => {
  const free = await serveHttp(() => {});
  const proxy = await openProxy({
    rules: ['nowhere.test', 'closed.test', `cut.test:${free}`, `127.0.0.1:${free}`, '127.0.0.1:1'],
    names: { 'closed.test': [[PUBLIC]], 'cut.test': [['127.0.0.1']] },
    leads: { [`${PUBLIC}:80`]: 1 },
  });
  expect(await browse(proxy.url, 'http://nowhere.test/')).toContain('its address was not found');
  expect(await browse(proxy.url, 'http://closed.test/')).toMatch(/could not be reached.*ECONNREFUSED/);
  expect(proxy.events.map((event) => event.type)).toEqual(['refused', 'refused']);
});

test('more than 32 connections at once are refused with the reason, and ended ones make room', async () => {
  const held: http.ServerResponse[] = [];
  const port = await serveHttp((_, response) => void held.push(response));
  const proxy = await openProxy({ rules: [`127.0.0.1:${port}`] });
  const url = `http://127.0.0.1:${port}/`;
  const all = Array.from({ length: 32 }, () => talk(proxy.port, get(url), 30_000));
  await eventually('32 to be open', () => held.length === 32);
  expect(await talk(proxy.port, get(url))).toMatch(/^HTTP\/1\.1 503 .*More than 32/);
  for (const response of held.splice(0)) response.end('done');
  for (const answer of await Promise.all(all)) expect(answer).toContain('done');
  const again = talk(proxy.port, get(url));
  await eventually('room', () => held.length === 1);
  held[0]?.end('again');
  expect(await again).toContain('again');
});

test('a reader that does not read stops the sender: nothing is piled up in between', async () => {
  let written = 0;
  const source = net.createServer((socket) => {
    const block = Buffer.alloc(64 * 1024);
    const fill = () => {
      do written += block.length;
      while (socket.write(block));
    };
    socket.on('error', () => {}).on('drain', fill);
    fill();
  });
  await new Promise<void>((resolve) => source.listen(0, '127.0.0.1', resolve));
  const { port } = source.address() as net.AddressInfo;
  const proxy = await openProxy({ rules: [`127.0.0.1:${port}`] });
  const readers = Array.from({ length: 8 }, () => {
    const socket = net.connect(proxy.port, '127.0.0.1').on('error', () => {});
    socket.pause().write(connectTo(`127.0.0.1:${port}`));
    return socket;
  });
  await eventually('all to be open', () => proxy.events.length === 8);
  await eventually('the sender to stand still', async () => {
    const before = written;
    await new Promise((resolve) => setTimeout(resolve, 500));
    return written > 0 && written === before;
  });
  for (const socket of readers) socket.destroy();
  await eventually('all to be closed', () => proxy.events.length === 16);
  source.close();
});

test('a connection that breaks off in the middle of an answer looks broken, not finished', async () => {
  const port = await serveHttp((_, response) => {
    response.writeHead(200, { 'content-length': '1000' });
    response.write('half', () => response.destroy());
  });
  const proxy = await openProxy({ rules: [`127.0.0.1:${port}`] });
  expect(await browse(proxy.url, `http://127.0.0.1:${port}/`)).toMatch(/error: (aborted|socket hang up)/);
});
