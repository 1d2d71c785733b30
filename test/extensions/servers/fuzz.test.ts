import { createInterface } from 'node:readline';
import { type Duplex, duplexPair } from 'node:stream';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type ConnectionOptions, connectServer } from '../../../src/extensions/servers/connection.ts';
import { pipeTransport } from '../../../src/extensions/servers/pipe-transport.ts';
import { eventually } from '../../support/eventually.ts';

/** Rounds of each property: `npm run soak` takes more. */
const numRuns = process.env.COWORK_SOAK === undefined ? 20 : 2_000;
const LONG = { timeout: 120_000 + 60 * numRuns };

const WORDS =
  'jsonrpc 2.0 id method params result error tools content type text image data inputSchema properties name uri capabilities protocolVersion 2025-06-18 2026-07-28 serverInfo version progressToken progress nextCursor __proto__ constructor'.split(
    ' ',
  );
const METHODS =
  'initialize ping tools/list notifications/tools/list_changed notifications/progress notifications/cancelled notifications/message roots/list elicitation/create sampling/createMessage server/discover'.split(
    ' ',
  );
const word = fc.oneof(
  fc.constantFrom(...WORDS, ...METHODS, '', '\u0000', '\ud800', '../x'),
  fc.string({ maxLength: 12 }),
);
const { value: json } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.oneof(word, fc.integer(), fc.double(), fc.boolean(), fc.constant(null)),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(word, tie('value'), { maxKeys: 5 }),
  ),
}));

/** A server in this process, at the other end of a wire; `answer` says what it writes for each line that it reads. */
function serve(
  answer: (line: { id?: unknown; method?: string; params?: unknown }, say: (line: string) => void) => void,
  more: Partial<ConnectionOptions> = {},
) {
  const wires: Duplex[] = [];
  const asked: string[] = [];
  const options: ConnectionOptions = {
    name: 'fuzz',
    open: async () => {
      const [ours, theirs] = duplexPair();
      wires.push(ours, theirs);
      theirs.on('error', () => {}); // the other end has gone
      createInterface({ input: theirs }).on('line', (line) =>
        answer(JSON.parse(line), (text) => theirs.writable && theirs.write(`${text}\n`)),
      );
      return pipeTransport(ours);
    },
    negotiations: ['legacy', 'auto'],
    handlers: {
      roots: () => [],
      elicit: async ({ message }) => {
        asked.push(message);
        return { action: 'decline' };
      },
      sample: async () => ({ text: 'No.', model: 'a-model' }),
    },
    ...{ startMs: 500, callMs: 300, onChange: () => {} },
    ...more,
  };
  const end = (): void => {
    for (const wire of wires) wire.destroy();
  };
  return { connection: connectServer(options), asked, end };
}

const good = (id: unknown, method: string | undefined): unknown => {
  const tool = { name: 'echo', inputSchema: { type: 'object' } };
  if (method === 'initialize')
    return {
      protocolVersion: '2025-06-18',
      capabilities: { tools: {} },
      serverInfo: { name: 's', version: '1' },
    };
  if (method === 'tools/list') return { tools: [tool] };
  return method === 'tools/call' ? { content: [{ type: 'text', text: `answer ${id}` }] } : {};
};

test(
  'a server that answers with anything leaves a view within its bounds, and every call comes to its end',
  LONG,
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(json, { minLength: 1, maxLength: 6 }), fc.nat(5), async (answers, broken) => {
        let count = 0;
        const { connection, end } = serve(({ id, method }, say) => {
          if (id === undefined) return;
          // The first are as they should be, so that there is something to spoil.
          const result = count++ < broken ? good(id, method) : answers[count % answers.length];
          say(JSON.stringify({ jsonrpc: '2.0', id, result }));
        });
        try {
          await eventually('it to settle', () => connection.hasSettled, 60_000);
          const { state, reason, tools, instructions } = connection.view;
          expect(['starting', 'ready', 'failed']).toContain(state);
          expect(reason.length).toBeLessThan(20_000);
          expect(instructions.length).toBeLessThanOrEqual(2_000);
          for (const { name, description, inputSchema } of tools) {
            expect(name).toMatch(/^[A-Za-z0-9_-]{1,128}$/);
            expect(description.length).toBeLessThanOrEqual(4_096);
            expect(inputSchema.type).toBe('object');
          }
          const call = connection.call(
            'echo',
            {},
            { signal: AbortSignal.timeout(10_000), onProgress: () => {} },
          );
          const said = await call.catch((error: unknown) => error);
          if (!(said instanceof Error)) expect(said).toMatchObject({ content: expect.any(Array) });
        } finally {
          await connection[Symbol.asyncDispose]();
          end();
        }
      }),
      { numRuns, endOnFailure: true },
    );
  },
);

test(
  'a server that knows the revision of 2026 only is greeted the old way first, and then in its own',
  LONG,
  async () => {
    const { connection, end } = serve(({ id, method }, say) => {
      const error = { code: -32601, message: 'there is no such method' };
      const supportedVersions = ['2026-07-28'];
      const info = {
        serverInfo: { name: 's', version: '1' },
        resultType: 'complete',
        ttlMs: 0,
        cacheScope: 'private',
      };
      const result =
        method === 'server/discover'
          ? { supportedVersions, capabilities: { tools: {} }, ...info }
          : { ...(good(id, method) as object), ...info };
      if (id !== undefined)
        say(JSON.stringify({ jsonrpc: '2.0', id, ...(method === 'initialize' ? { error } : { result }) }));
    });
    try {
      await eventually('it to be ready', () => connection.view.state === 'ready', 60_000);
      expect(connection.view.protocol).toBe('2026-07-28');
      const answer = await connection.call(
        'echo',
        {},
        { signal: AbortSignal.timeout(30_000), onProgress: () => {} },
      );
      expect(JSON.stringify(answer)).toContain('answer ');
    } finally {
      await connection[Symbol.asyncDispose]();
      end();
    }
  },
);

test('whatever a server writes between its answers, it can still be used', LONG, async () => {
  const noise = fc.oneof(
    json.map((value) => JSON.stringify(value)),
    fc
      .record({ jsonrpc: fc.constant('2.0'), method: fc.constantFrom(...METHODS), params: json })
      .map((value) => JSON.stringify(value)),
    fc
      .record({
        jsonrpc: fc.constant('2.0'),
        id: fc.string(),
        method: fc.constantFrom(...METHODS),
        params: json,
      })
      .map((value) => JSON.stringify(value)),
    fc
      .record({ jsonrpc: fc.constant('2.0'), id: fc.string().map((text) => `x${text}`), result: json })
      .map((value) => JSON.stringify(value)),
    fc.string({ maxLength: 30 }).map((text) => text.replaceAll('\n', ' ')),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(noise, { maxLength: 8 }), async (lines) => {
      const { connection, end } = serve(({ id, method }, say) => {
        // What the client answers to noise is answered with nothing: else both would go on for ever.
        if (method === undefined) return;
        for (const line of lines) say(line);
        if (id !== undefined) say(JSON.stringify({ jsonrpc: '2.0', id, result: good(id, method) }));
      });
      try {
        await eventually('it to be ready', () => connection.view.state === 'ready', 60_000);
        const answer = await connection.call(
          'echo',
          {},
          { signal: AbortSignal.timeout(10_000), onProgress: () => {} },
        );
        expect(JSON.stringify(answer)).toContain('answer ');
      } finally {
        await connection[Symbol.asyncDispose]();
        end();
      }
    }),
    { numRuns, endOnFailure: true },
  );
});

test(
  'a server that asks and tells without end is told of once, and does its work all the same',
  LONG,
  async () => {
    let answers = 0;
    const { connection, end } = serve(({ id, method }, say) => {
      if (method === undefined) answers++;
      else if (id !== undefined) say(JSON.stringify({ jsonrpc: '2.0', id, result: good(id, method) }));
      if (method !== 'tools/call') return;
      for (let i = 0; i < 3_000; i++) {
        say(JSON.stringify({ jsonrpc: '2.0', id: `p${i}`, method: 'ping' }));
        say('{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}');
      }
    });
    try {
      await eventually('it to be ready', () => connection.view.state === 'ready', 60_000);
      const call = () =>
        connection.call('echo', {}, { signal: AbortSignal.timeout(60_000), onProgress: () => {} });
      expect(await call()).toMatchObject({ isError: false });
      await eventually('it to be told', () => connection.view.reason.includes('without end'), 60_000);
      expect(await call()).toMatchObject({ isError: false });
      expect(connection.view.state).toBe('ready');
      expect(answers).toBeLessThan(6_000);
    } finally {
      await connection[Symbol.asyncDispose]();
      end();
    }
  },
);

test('of a resource that was read it is told when it changes, and of no other', LONG, async () => {
  const updated: string[] = [];
  const subscribed: unknown[] = [];
  const { connection, end } = serve(
    ({ id, method, params }, say) => {
      if (id === undefined) return;
      const result =
        method === 'initialize'
          ? { ...(good(id, method) as object), capabilities: { resources: { subscribe: true } } }
          : method === 'resources/read'
            ? { contents: [{ uri: 'demo://a', text: 'a' }] }
            : method === 'resources/list'
              ? { resources: [{ uri: 'demo://a', name: 'a' }] }
              : good(id, method);
      say(JSON.stringify({ jsonrpc: '2.0', id, result }));
      if (method !== 'resources/subscribe') return;
      subscribed.push(params);
      for (const uri of ['demo://other', 'demo://a'])
        say(JSON.stringify({ jsonrpc: '2.0', method: 'notifications/resources/updated', params: { uri } }));
    },
    { startMs: 30_000, onUpdated: (uri) => updated.push(uri) },
  );
  try {
    await eventually('it to be ready', () => connection.view.state === 'ready', 60_000);
    for (let i = 0; i < 2; i++) await connection.read('demo://a', AbortSignal.timeout(60_000));
    await eventually('it to be told', () => updated.length > 0, 60_000);
    expect(updated).toEqual(['demo://a']);
    expect(subscribed).toEqual([{ uri: 'demo://a' }]);
  } finally {
    await connection[Symbol.asyncDispose]();
    end();
  }
});
