// Attacks by the thousand, for a short test (`fuzz.test.ts`) and a long run (`npm run bench -- gate-fuzz`).
import { strict as assert } from 'node:assert';
import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import { duplexPair } from 'node:stream';
import fc from 'fast-check';
import { dialAddress } from '../../../../src/gate/egress/dial.ts';
import { createEgress } from '../../../../src/gate/egress/egress.ts';
import { modelServers } from '../../../../src/gate/egress/policy.ts';
import { Refusal } from '../../../../src/gate/egress/refusal.ts';
import { readRule } from '../../../../src/gate/egress/rules.ts';
import { TlsGuard } from '../../../../src/gate/egress/tls-guard.ts';
import { type GateRoutes, serveGate } from '../../../../src/gate/server.ts';
import { GATE_GREETING } from '../../../../src/protocol/gate.ts';
import { helloMessage, records } from './hello.ts';

export interface FuzzOptions {
  cases: number;
  seed?: number;
}

/** How long a program of the fuzzer waits for an answer to what may be half a request. */
const PATIENCE_MS = 100;
const PUBLIC = '93.184.216.34';
const RULES = [
  'ok.test',
  '*.wild.test',
  'inside.test',
  'ok.test:8443',
  '10.0.0.7:8080',
  '*.anthropic.com',
].map(readRule);
/** All that these rules can ever lead to; what is behind `inside.test` is private. */
const REACHABLE = /^(93\.184\.216\.34:(80|443|8443)|10\.0\.0\.7:8080)$/;

/** Throws requests at the proxy, whole and damaged. Throws when anything is reached that no rule covers, or a server is sent something doubtful. Gives how many requests got through to a server. */
export async function fuzzProxy({ cases, seed }: FuzzOptions): Promise<number> {
  let delivered = 0;
  const sink = await openSink();
  const batch = 20;
  try {
    await fc.assert(
      fc.asyncProperty(fc.array(conversation, { minLength: batch, maxLength: batch }), async (said) => {
        const wrong = await Promise.all(said.map((bytes) => converse(bytes, sink.port)));
        assert.deepEqual(wrong.flat(), [], 'an address that no rule covers');
        await sink.settled();
        for (const { to, bytes } of sink.take()) {
          assertHarmless(to, bytes);
          if (bytes.length > 0) delivered++;
        }
      }),
      { numRuns: Math.ceil(cases / batch), ...(seed === undefined ? {} : { seed }), endOnFailure: true },
    );
  } finally {
    sink.close();
  }
  return delivered;
}

/** One connection of a program: says all at once, and leaves. Gives what was connected to and should not have been. */
async function converse(bytes: Buffer, sinkPort: number): Promise<string[]> {
  const wrong: string[] = [];
  const [program, inside] = duplexPair();
  const egress = createEgress({
    rules: () => RULES,
    modelServers: modelServers(undefined),
    resolve: async (name) => (name.startsWith('in') ? ['10.0.0.1', '::1'] : [PUBLIC]),
    dial: (address, port) => {
      if (!REACHABLE.test(`${address}:${port}`)) wrong.push(`${address}:${port}`);
      const socket = dialAddress('127.0.0.1', sinkPort);
      socket.once('connect', () => socket.write(`${address}:${port}\n`)); // tells the sink who is meant
      return socket;
    },
    onEvent: () => {},
  });
  const served = egress.serve(inside);
  // A program that has its answer leaves; so does one that gets none.
  let leave = setTimeout(() => program.end(), PATIENCE_MS);
  program
    .on('error', () => {})
    .on('data', () => {
      clearTimeout(leave);
      leave = setTimeout(() => program.end(), 5);
    });
  program.write(bytes);
  const late = setTimeout(() => program.destroy(), 2_000);
  await served;
  clearTimeout(leave);
  clearTimeout(late);
  program.destroy();
  return wrong;
}

/** What fits, more often than not: an attack of which all is wrong ends at the first check. */
const mostly = <Value>(good: Value[], other: Value[]): fc.Arbitrary<Value> =>
  fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...good) },
    { weight: 1, arbitrary: fc.constantFrom(...other) },
  );
const METHODS = mostly(['GET', 'POST', 'CONNECT'], ['PUT', 'HEAD', 'OPTIONS', 'get', 'PRI', 'G\tET', '']);
const HOSTS = [
  ...[
    'ok.test',
    'OK.TEST',
    'ok.test.',
    'a.wild.test',
    'wild.test',
    'inside.test',
    'evil.test',
    'api.anthropic.com',
  ],
  ...[
    '10.0.0.7',
    '10.0.0.1',
    '127.0.0.1',
    '127.1',
    '0x7f.1',
    '2130706433',
    '[::1]',
    '[::ffff:10.0.0.7]',
    '169.254.169.254',
  ],
  ...[
    'ok.test@evil.test',
    'evil.test@ok.test',
    'ok.test%00.evil.test',
    'ok.test\\.evil.test',
    'ok.test#',
    'ök.test',
    '',
  ],
];
const PORTS = ['', ':80', ':443', ':8443', ':8080', ':0', ':65536', ':08443', ':80:80', ': 80'];
const target = fc
  .tuple(mostly(['ok.test', 'a.wild.test'], HOSTS), mostly(['', ':80', ':443'], PORTS))
  .map((parts) => parts.join(''));
const url = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(
        mostly(['http://'], ['HTTP://', 'https://', 'http:/', '//', '']),
        target,
        mostly(['/', '/a?b'], ['?c', '', '/\\', '/#@evil.test']),
      )
      .map((parts) => parts.join('')),
  },
  { weight: 3, arbitrary: target },
  { weight: 1, arbitrary: fc.string() },
);
const header = fc.oneof(
  { weight: 5, arbitrary: target.map((host) => `Host: ${host}`) },
  {
    weight: 5,
    arbitrary: fc.constantFrom(
      ...[
        'Content-Length: 5',
        'Content-Length: 0',
        'Content-Length: 5, 5',
        'Content-Length: -1',
        'Content-Length : 5',
      ],
      ...[
        'Transfer-Encoding: chunked',
        'Transfer-Encoding: identity',
        'Transfer-Encoding:\tchunked',
        'transfer-encoding: x, chunked',
      ],
      ...[
        'Connection: keep-alive',
        'Connection: close, host',
        'Connection: content-length',
        'Connection: upgrade',
        'Upgrade: h2c',
      ],
      ...[
        'Proxy-Authorization: Basic eA==',
        'Expect: 100-continue',
        'Expect: x',
        'Trailer: Host',
        ' folded: yes',
        'No-Colon',
        ': empty',
      ],
    ),
  },
  { weight: 1, arbitrary: fc.tuple(fc.string(), fc.string()).map((parts) => parts.join(': ')) },
);
const request = fc
  .record({
    method: METHODS,
    url,
    version: mostly(['HTTP/1.1'], ['HTTP/1.0', 'HTTP/2.0', 'http/1.1', '']),
    headers: fc.array(header, { maxLength: 3 }),
    // Most have the one Host that fits, so that they get past it.
    isHonest: fc.boolean(),
    end: mostly(['\r\n'], ['\n', '\r']),
    body: fc.constantFrom(
      '',
      'hello',
      '5\r\nhello\r\n0\r\n\r\n',
      '0\r\n\r\n',
      'ffffffffffffffffff\r\n',
      'GET http://evil.test/ HTTP/1.1\r\n\r\n',
    ),
  })
  .map(({ method, url: asked, version, headers, isHonest, end, body }) => {
    const host = /^http:\/\/([^/?#]*)/i.exec(asked)?.[1] ?? asked;
    const all = isHonest ? [`Host: ${host}`, ...headers.filter((each) => !/^host/i.test(each))] : headers;
    return Buffer.from([`${method} ${asked} ${version}`, ...all, '', body].join(end), 'utf8');
  });
const hello = fc
  .constantFrom('ok.test', 'evil.test', '')
  .map((name) => records(22, helloMessage({ names: name === '' ? [] : [name] })));
/** Some requests, or a tunnel with something in it; one in three with a few bytes changed. */
const conversation = fc
  .tuple(
    fc.oneof(fc.array(request, { minLength: 1, maxLength: 3 }), fc.tuple(request, hello)),
    fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 4 }),
    fc.nat(2),
  )
  .map(([parts, changes, dice]) => {
    const bytes = Buffer.concat(parts);
    for (const [at, value] of dice === 0 ? changes : []) bytes[at % bytes.length] = value;
    return bytes;
  });

/** What a server behind the proxy may be sent: on 80 requests that one reader reads like the other, on 443 TLS for its host. */
function assertHarmless(to: string, bytes: Buffer): void {
  if (bytes.length === 0) return;
  if (to.endsWith(':443')) {
    assert.equal(bytes[0], 22, 'no TLS on port 443');
    assert.ok(bytes.includes('ok.test') || bytes.includes('wild.test'), 'another host in the TLS');
    return;
  }
  if (!to.endsWith(':80')) return; // a port that a rule names carries anything
  const text = bytes.toString('latin1');
  const [head = ''] = text.split('\r\n\r\n', 1);
  const [first = '', ...rest] = head.split('\r\n');
  const names = rest.map((line) => line.slice(0, line.indexOf(':')).toLowerCase());
  const hosts = rest.filter((line) => /^host:/i.test(line));
  assert.match(first, /^[A-Z-]+ \/[\x21-\x7e]* HTTP\/1\.1$/, 'a strange request line');
  assert.equal(hosts.length, 1, 'not one Host');
  assert.match(hosts[0] ?? '', /^host: (ok\.test|a\.wild\.test)$/, 'another Host');
  assert.ok(
    names.filter((name) => ['content-length', 'transfer-encoding'].includes(name)).length <= 1,
    'two lengths',
  );
  assert.ok(
    !names.some((name) => /^proxy-|^upgrade$|^te$|^trailer$|[^\x21-\x7e]/.test(name)),
    'a header that should not pass',
  );
}

/** A server that notes what comes, and from its first line for whom. */
async function openSink() {
  const connections = new Map<net.Socket, Buffer>();
  const done: { to: string; bytes: Buffer }[] = [];
  const server = net.createServer((socket) => {
    connections.set(socket, Buffer.alloc(0));
    socket.on('error', () => {});
    socket.on('data', (data) => {
      const bytes = Buffer.concat([connections.get(socket) ?? Buffer.alloc(0), data]);
      connections.set(socket, bytes);
      if (bytes.length > 30) socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
    });
    socket.on('close', () => {
      const bytes = connections.get(socket) ?? Buffer.alloc(0);
      const end = bytes.indexOf('\n');
      connections.delete(socket);
      if (end >= 0) done.push({ to: bytes.subarray(0, end).toString(), bytes: bytes.subarray(end + 1) });
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port, // it listens on a port
    settled: async () => {
      while (connections.size > 0) await new Promise((resolve) => setTimeout(resolve, 2));
    },
    take: () => done.splice(0),
    close: () => void server.close(),
  };
}

/** Throws whole, cut and damaged TLS at the guard: nothing passes that does not name the host, and nothing but refusals is thrown. */
export function fuzzTls({ cases, seed }: FuzzOptions): void {
  const piece = fc.oneof(
    fc
      .tuple(fc.constantFrom('shop.test', 'evil.test', 'SHOP.test.', ''), fc.constantFrom(1, 5, 50, 16_384))
      .map(([name, size]) => records(22, helloMessage({ names: name === '' ? [] : [name] }), size)),
    fc
      .tuple(fc.integer({ min: 18, max: 26 }), fc.uint8Array({ maxLength: 40 }))
      .map(([type, content]) => records(type, Buffer.from(content))),
    fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
  );
  const changes = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 3 });
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 4 }),
      changes,
      fc.integer({ min: 1, max: 600 }),
      (pieces, changed, size) => {
        const bytes = Buffer.concat(pieces);
        for (const [at, value] of changed) bytes[at % Math.max(1, bytes.length)] = value;
        const guard = new TlsGuard({ name: 'shop.test', isAddress: false, port: 443 }, false);
        const passed: Buffer[] = [];
        try {
          for (let at = 0; at < bytes.length; at += size)
            passed.push(guard.push(bytes.subarray(at, at + size)));
        } catch (error) {
          assert.ok(error instanceof Refusal);
        }
        const out = Buffer.concat(passed);
        assert.ok(bytes.subarray(0, out.length).equals(out), 'something else comes out than went in');
        // Cut into records of one byte, a name has headers between its letters.
        const letters = out.toString('latin1').replaceAll(/\x16\x03\x01\0[\x01-\x05]/g, '');
        if (out.length > 0 && changed.length === 0) assert.match(letters, /shop\.test/i);
        if (changed.length === 0) assert.doesNotMatch(letters, /evil\.test/);
      },
    ),
    { numRuns: cases, ...(seed === undefined ? {} : { seed }), endOnFailure: true },
  );
}

const FRAME = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  push: 5,
  ping: 6,
  goaway: 7,
  window: 8,
  continuation: 9,
};
const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';

/** Throws frames of HTTP/2 at a gate, in good and bad order. Each wire must end when it is cut, and nothing else may happen. */
export async function fuzzGate({ cases, seed }: FuzzOptions, routes: GateRoutes): Promise<void> {
  const server = net.createServer({ pauseOnConnect: true });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // it listens on a port
  const field = fc.tuple(
    fc.constantFrom(
      ':method',
      ':path',
      ':scheme',
      ':authority',
      'content-length',
      'x',
      'connection',
      ':status',
      'Te',
      '',
    ),
    fc.oneof(
      fc.constantFrom('POST', 'GET', 'CONNECT', '/egress', '/echo', '/me', '/v1/messages', 'http', '5', '-1'),
      fc.string({ maxLength: 20 }),
    ),
  );
  const fields = fc.oneof(
    {
      weight: 3,
      arbitrary: fc
        .constantFrom('/egress', '/echo', '/v1/messages', '/lines')
        .map((path): [string, string][] => [
          [':method', path === '/lines' ? 'GET' : 'POST'],
          [':scheme', 'http'],
          [':path', path],
        ]),
    },
    { weight: 1, arbitrary: fc.array(field, { maxLength: 6 }) },
  );
  const frame = fc
    .record({
      type: fc.oneof(
        { weight: 6, arbitrary: fc.constantFrom(...Object.values(FRAME)) },
        { weight: 1, arbitrary: fc.integer({ min: 0, max: 255 }) },
      ),
      flags: fc.oneof(fc.constantFrom(0, 1, 4, 5), fc.integer({ min: 0, max: 255 })),
      stream: fc.oneof(fc.constantFrom(0, 1, 3, 5, 7, 9, 11), fc.nat(0x7fffffff)),
      payload: fc.uint8Array({ maxLength: 64 }),
      fields,
    })
    .map(({ type, flags, stream, payload, fields: named }) => {
      const content = type === FRAME.headers ? encodeFields(named) : Buffer.from(payload);
      return () => encodeFrame(type, flags, stream, content);
    });
  /** Frames that a sane guest might send, on streams that it has opened; what is wrong with them is in their order and content. */
  const calm = fc
    .record({
      dice: fc.nat(9),
      which: fc.nat(8),
      isLast: fc.boolean(),
      payload: fc.uint8Array({ maxLength: 64 }),
      fields,
    })
    .map(({ dice, which, isLast, payload, fields: named }) => (opened: number[]) => {
      const old = opened[which % Math.max(1, opened.length)];
      if (dice < 5 || old === undefined) {
        const stream = (opened.at(-1) ?? -1) + 2;
        opened.push(stream);
        return encodeFrame(FRAME.headers, isLast ? 5 : 4, stream, encodeFields(named));
      }
      if (dice < 8) return encodeFrame(FRAME.data, isLast ? 1 : 0, old, Buffer.from(payload));
      return encodeFrame(
        ...(dice === 8
          ? ([FRAME.reset, 0, old, Buffer.from([0, 0, 0, 8])] as const)
          : ([FRAME.ping, 0, 0, Buffer.alloc(8)] as const)),
      );
    });
  const any = fc.oneof({ weight: 60, arbitrary: calm }, { weight: 1, arbitrary: frame });
  const batch = 50;
  try {
    await fc.assert(
      fc.asyncProperty(fc.array(any, { minLength: batch, maxLength: batch }), async (makers) => {
        const opened: number[] = [];
        const frames = makers.map((make) => make(opened));
        const wire = net.connect(port, '127.0.0.1').on('error', () => {});
        const [inside] = (await once(server, 'connection')) as [net.Socket]; // the event's one argument
        inside.resume().pause();
        const served = serveGate(inside, routes, () => {});
        wire.resume();
        wire.end(
          Buffer.concat([
            Buffer.from(`${GATE_GREETING}${PREFACE}`),
            encodeFrame(FRAME.settings, 0, 0, Buffer.alloc(0)),
            ...frames,
          ]),
        );
        const late = setTimeout(() => wire.destroy(), 2_000);
        await served;
        clearTimeout(late);
        wire.destroy();
      }),
      { numRuns: Math.ceil(cases / batch), ...(seed === undefined ? {} : { seed }), endOnFailure: true },
    );
  } finally {
    server.close();
  }
}

function encodeFrame(type: number, flags: number, stream: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

const encodeFields = (fields: readonly (readonly [string, string])[]): Buffer =>
  Buffer.concat(fields.map(encodeField));

/** A literal field that is not indexed. Source: RFC 7541, 6.2.2. */
function encodeField([name, value]: readonly [string, string]): Buffer {
  const [n, v] = [Buffer.from(name), Buffer.from(value).subarray(0, 100)];
  return Buffer.concat([Buffer.from([0, n.length]), n, Buffer.from([v.length]), v]);
}
