import * as fs from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { serving } from './serving.ts';
import { outcome, snapshot, step } from './steps.ts';

test('thousands of random operations leave the same files as on a local directory', {
  timeout: process.env.COWORK_SOAK ? 3_600_000 : 120_000,
}, async () => {
  const { client, work, folder } = await serving();
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 60, maxLength: 60 }), async (steps) => {
      const local = fs.mkdtempSync(join(folder, 'local-'));
      for (const name of fs.readdirSync(work)) fs.rmSync(join(work, name), { recursive: true });
      for (const root of [work, local]) {
        fs.mkdirSync(join(root, 'd'), { recursive: true, mode: 0o755 });
        fs.writeFileSync(join(root, 'a'), 'start');
      }
      for (const { title, remote, local: here } of steps) {
        const [theirs, ours] = [await outcome(() => remote(client)), await outcome(() => here(local))];
        expect(theirs, title).toEqual(ours);
      }
      expect(snapshot(work)).toEqual(snapshot(local));
      fs.rmSync(local, { recursive: true });
    }),
    { numRuns: Number(process.env.COWORK_TEST_RUNS ?? 60) },
  );
});
