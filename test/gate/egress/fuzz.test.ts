import { expect, test } from 'vitest';
import { z } from 'zod';
import { createEgress } from '../../../src/gate/egress/egress.ts';
import { jsonRoute } from '../../../src/gate/server.ts';
import { emptyRoutes } from '../support.ts';
import { fuzzGate, fuzzProxy, fuzzTls } from './support/fuzz.ts';

// The long form, of 100,000 cases and more: npm run bench -- gate-fuzz
const SEED = 20_261_121;

/** Bytes that a run leaves behind in this process. */
async function leftBy(run: () => Promise<void>): Promise<number> {
  const used = () => process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers;
  const before = used();
  await run();
  return used() - before;
}

test('1,500 conversations with the proxy reach nothing that no rule covers, and send no server anything doubtful', async () => {
  let delivered = 0;
  const left = await leftBy(async () => {
    delivered = await fuzzProxy({ cases: 1_500, seed: SEED });
  });
  expect(left).toBeLessThan(200 * 1024 * 1024);
  expect(delivered).toBeGreaterThan(20); // else the attacks never get past the first check
});

test('10,000 TLS connections in any state of repair pass only as far as they name their host', () => {
  fuzzTls({ cases: 10_000, seed: SEED });
});

test('5,000 frames of HTTP/2 in any order cost a guest its wire at most', async () => {
  const strict = jsonRoute(z.strictObject({ text: z.string() }), async ({ text }) => ({ text }));
  const egress = createEgress({
    rules: () => [],
    modelServers: [],
    resolve: async () => [],
    onEvent: () => {},
  });
  const { routes, asked } = emptyRoutes({
    egress,
    json: { '/echo': strict },
    lines: { '/lines': async function* () {} },
  });
  expect(await leftBy(() => fuzzGate({ cases: 5_000, seed: SEED }, routes))).toBeLessThan(200 * 1024 * 1024);
  expect(asked.every(({ path }) => path === '/v1/messages')).toBe(true);
});
