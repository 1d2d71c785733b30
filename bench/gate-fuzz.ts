// Attacks on the gate by the hundred thousand: requests to the proxy, TLS connections, frames of HTTP/2. Fails when one gets through.
//   node bench/gate-fuzz.ts [CASES] [SEED]

import { fuzzGate, fuzzProxy, fuzzTls } from '../test/gate/egress/support/fuzz.ts';
import { emptyRoutes } from '../test/gate/support.ts';

const cases = Number(process.argv[2] ?? 100_000);
const seed = Number(process.argv[3] ?? Date.now() % 2 ** 31);
const runs: Record<string, () => Promise<unknown>> = {
  proxy: () => fuzzProxy({ cases, seed }),
  tls: async () => fuzzTls({ cases, seed }),
  frames: () => fuzzGate({ cases, seed }, emptyRoutes().routes),
};
for (const [what, run] of Object.entries(runs)) {
  const started = performance.now();
  const delivered = await run();
  const line = {
    ...{ bench: 'gate-fuzz', what, cases, seed },
    ...(typeof delivered === 'number' ? { delivered } : {}),
    seconds: Math.round((performance.now() - started) / 1000),
    residentMiB: Math.round(process.memoryUsage().rss / 2 ** 20),
  };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
