import { once } from 'node:events';
import http2 from 'node:http2';
import { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { jsonRoute } from '../../src/gate/server.ts';
import { GATE_BODY_MAX, GATE_GREETING } from '../../src/protocol/gate.ts';
import { eventually } from '../support/eventually.ts';
import { emptyRoutes, openGate, post, request, speak } from './support.ts';

const echo = jsonRoute(z.strictObject({ text: z.string().max(5) }), async ({ text }) => ({ heard: text }));
const errorOf = (text: string) => JSON.parse(text).error;

test('a route answers with JSON, and each request is logged with its path, status and time', async () => {
  const gate = await openGate(
    emptyRoutes({ json: { '/echo': echo }, read: { '/me': async () => ({ I: 'ada' }) } }).routes,
  );
  const session = await speak(gate.wire);
  expect(await post(session, '/echo', { text: 'hi' })).toMatchObject({ status: 200, text: '{"heard":"hi"}' });
  expect(await request(session, { ':path': '/me' })).toMatchObject({ status: 200, text: '{"I":"ada"}' });
  expect(gate.log.map(({ method, path, status }) => [method, path, status])).toEqual([
    ['POST', '/echo', 200],
    ['GET', '/me', 200],
  ]);
});

test('an unknown route is refused with its name, also when only the method is wrong', async () => {
  const gate = await openGate(emptyRoutes({ json: { '/echo': echo } }).routes);
  const session = await speak(gate.wire);
  for (const [method, path] of [
    ['POST', '/no/such'],
    ['GET', '/echo'],
    ['DELETE', '/v1/messages'],
    ['GET', '/v1/messages'],
    ['POST', '/__proto__'],
    ['GET', '/constructor'],
    ['POST', `/${'x'.repeat(5000)}`],
  ]) {
    const { status, text } = await request(
      session,
      { ':method': method, ':path': path },
      method === 'POST' ? '{}' : undefined,
    );
    expect(status).toBe(400);
    expect(errorOf(text)).toMatchObject({ code: 'ROUTE_UNKNOWN' });
    expect(text.length).toBeLessThan(500);
  }
});

test('a body that is no JSON or of another shape is refused with what is wrong, and never reaches the handler', async () => {
  let calls = 0;
  const counted = jsonRoute(z.strictObject({ text: z.string() }), async () => {
    calls++;
  });
  const gate = await openGate(emptyRoutes({ json: { '/count': counted } }).routes);
  const session = await speak(gate.wire);
  const send = (body: string | Buffer) => request(session, { ':method': 'POST', ':path': '/count' }, body);
  for (const body of [
    '',
    '{',
    'null',
    '[]',
    '{"text":1}',
    '{"text":"a","more":1}',
    Buffer.from([0xff, 0xfe, 0x00]),
  ]) {
    const { status, text } = await send(body);
    expect([status, errorOf(text).code]).toEqual([400, 'REQUEST_INVALID']);
  }
  expect(errorOf((await send('{"text":1}')).text).message).toContain('text');
  expect(calls).toBe(0);
});

test('a body over the limit is refused with a coded error, and the connection goes on', async () => {
  const gate = await openGate(emptyRoutes({ json: { '/echo': echo } }).routes);
  const session = await speak(gate.wire);
  const { status, text } = await request(
    session,
    { ':method': 'POST', ':path': '/echo' },
    Buffer.alloc(GATE_BODY_MAX + 1, 'x'),
  );
  expect([status, errorOf(text).code]).toEqual([400, 'REQUEST_TOO_LARGE']);
  expect((await post(session, '/echo', { text: 'still' })).status).toBe(200);
});

test('an error of a handler is told as a coded error, one without a code as 500', async () => {
  const failing = jsonRoute(z.object({}), async () => {
    throw new Error('out of paper');
  });
  const gate = await openGate(emptyRoutes({ json: { '/fail': failing } }).routes);
  const { status, text } = await post(await speak(gate.wire), '/fail', {});
  expect([status, errorOf(text).code]).toEqual([500, 'INTERNAL']);
});

test('an answer of many lines that fails in the middle is cut off, not left open', async () => {
  const routes = emptyRoutes({
    lines: {
      '/lines': async function* () {
        yield { n: 1 };
        throw new Error('the disk is gone');
      },
    },
  }).routes;
  const gate = await openGate(routes);
  const session = await speak(gate.wire);
  const answer = await Promise.race([
    request(session, { ':path': '/lines' }),
    delay(5_000).then(() => 'still open' as const),
  ]);
  expect(answer).toMatchObject({ status: 200 });
});

test('what a guest writes before its greeting belongs to nobody', async () => {
  const gate = await openGate(emptyRoutes({ json: { '/echo': echo } }).routes);
  gate.wire.write('login: boot messages \x1b[2J and a half cowork-gate');
  gate.wire.write(Buffer.alloc(3_000_000, 'noise'));
  gate.wire.write(GATE_GREETING.slice(0, 4));
  await delay(20);
  const session = await speak(gate.wire, GATE_GREETING.slice(4));
  expect((await post(session, '/echo', { text: 'hi' })).status).toBe(200);
});

test('a guest that speaks no HTTP/2 loses its connection, and nothing else happens', async () => {
  for (const garbage of [
    'GET / HTTP/1.1\r\nHost: gate\r\n\r\n',
    Buffer.alloc(100_000, 0xff),
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\xff\xff\xff\xff\xff\xff\xff\xff\xff',
  ]) {
    const gate = await openGate(emptyRoutes().routes);
    gate.wire.resume();
    gate.wire.write(GATE_GREETING);
    gate.wire.write(garbage);
    await gate.served;
    expect(gate.log).toEqual([]);
  }
});

test('a conversation with damaged bytes costs at most the connection', async () => {
  const { routes } = emptyRoutes({ json: { '/echo': echo } });
  const recorded = await recordedGuest();
  for (let seed = 1; seed <= 60; seed++) {
    const gate = await openGate(routes);
    gate.wire.resume();
    gate.wire.write(GATE_GREETING);
    gate.wire.end(damaged(recorded, seed));
    await gate.served;
  }
});

test('a guest that takes its leave ends the gate, also when it keeps the wire open', async () => {
  const gate = await openGate(emptyRoutes({ json: { '/echo': echo } }).routes);
  const session = await speak(gate.wire);
  await post(session, '/echo', { text: 'bye' });
  session.goaway();
  await gate.served;
});

test('a guest that hangs up in the middle of a request or an answer ends the gate quietly', async () => {
  const endless = async function* (signal: AbortSignal) {
    while (!signal.aborted) {
      yield { text: 'x'.repeat(1000) };
      await delay(1);
    }
  };
  const gate = await openGate(
    emptyRoutes({ lines: { '/endless': endless }, json: { '/echo': echo } }).routes,
  );
  const session = await speak(gate.wire);
  const reading = session.request({ ':path': '/endless' });
  reading.on('error', () => {});
  reading.resume();
  const writing = session.request({ ':method': 'POST', ':path': '/echo' });
  writing.on('error', () => {});
  writing.write('{"te');
  await once(reading, 'data');
  gate.wire.destroy();
  await gate.served;
  expect(gate.isServing()).toBe(false);
});

test('two hundred requests at once are all answered', async () => {
  const slow = jsonRoute(z.object({ n: z.int() }), async ({ n }) => {
    await delay(1);
    return { n };
  });
  const gate = await openGate(emptyRoutes({ json: { '/slow': slow } }).routes);
  const session = await speak(gate.wire);
  const answers = await Promise.all(Array.from({ length: 200 }, (_, n) => post(session, '/slow', { n })));
  expect(answers.map(({ text }) => JSON.parse(text).n)).toEqual(Array.from({ length: 200 }, (_, n) => n));
});

test('a model request goes out without what the guest brought along', async () => {
  const { routes, asked } = emptyRoutes();
  const gate = await openGate(routes);
  const session = await speak(gate.wire);
  const answer = await request(
    session,
    {
      ':method': 'POST',
      ':path': '/v1/messages?beta=true&steal=1',
      'x-api-key': 'sk-of-somebody-else',
      authorization: 'Bearer stolen',
      cookie: 'a=b',
      'proxy-authorization': 'Basic x',
      'x-cowork-agent': 'lead',
      'x-forwarded-for': '10.0.0.1',
      'anthropic-version': '2023-06-01',
      'anthropic-beta': 'x',
      'content-type': 'application/json',
    },
    '{"model":"m"}',
  );
  expect(answer).toMatchObject({ status: 200, text: '{"ok":true}' });
  expect(asked).toHaveLength(1);
  expect(asked[0]?.headers).toEqual({
    ...{ 'anthropic-version': '2023-06-01', 'anthropic-beta': 'x', 'content-type': 'application/json' },
  });
  expect(asked[0]?.query).toBe('');
  expect(asked[0]?.agent).toEqual({ team: 'mine', name: 'ada', role: 'teammate', incarnation: 3 });
});

/** The bytes that a guest writes for a request, after its greeting. */
async function recordedGuest(): Promise<Buffer> {
  const chunks: Buffer[] = [];
  const recorder = new Duplex({
    read() {},
    write(chunk, _, done) {
      chunks.push(chunk);
      done();
    },
  });
  const session = http2.connect('http://gate', { createConnection: () => recorder });
  session.on('error', () => {});
  const stream = session.request({ ':method': 'POST', ':path': '/echo' });
  stream.on('error', () => {});
  stream.end('{"text":"hi"}');
  await eventually('the request to be written', () => Buffer.concat(chunks).includes('{"text":"hi"}'));
  const bytes = Buffer.concat(chunks);
  session.destroy();
  return bytes;
}

/** The bytes with a few of them changed, cut or doubled, the same for the same seed. */
function damaged(bytes: Buffer, seed: number): Buffer {
  let state = seed;
  const random = (below: number) => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state % below;
  };
  const copy = Buffer.from(bytes);
  for (let i = 0; i <= random(4); i++) copy[24 + random(copy.length - 24)] = random(256); // behind the preface
  if (seed % 3 === 0) return copy.subarray(0, random(copy.length));
  return seed % 3 === 1 ? copy : Buffer.concat([copy, copy.subarray(random(copy.length))]);
}
