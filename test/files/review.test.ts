import * as fs from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { reviewed, view } from './reviewed.ts';
import { outcome, snapshot, step } from './steps.ts';

function furnish(root: string): void {
  fs.mkdirSync(join(root, 'd/e'), { recursive: true });
  fs.writeFileSync(join(root, 'a'), 'start');
  fs.writeFileSync(join(root, 'd/a'), 'deep', { mode: 0o600 });
  fs.writeFileSync(join(root, 'd/e/a'), Buffer.alloc(300_000, 7));
  fs.symlinkSync('a', join(root, 'c'));
}

/** Names of one file become files of their own when they land. */
const unlinked = (lines: string[]): string[] => lines.map((line) => line.replace(/^(\S+ 100\d+) \d+/, '$1'));

test('whatever an agent does under review is seen by it alone until it is applied, lands as it was done, and can be undone', {
  timeout: process.env.COWORK_SOAK ? 3_600_000 : 120_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 60 }), async (steps) => {
      const desk = await reviewed();
      const local = fs.mkdtempSync(join(desk.folder, 'local-'));
      for (const root of [desk.work, local]) furnish(root);
      const before = snapshot(desk.work);
      const first = await desk.agent('ada');
      for (const { title, remote, local: here } of steps) {
        const [theirs, ours] = [await outcome(() => remote(first.client)), await outcome(() => here(local))];
        expect(theirs, title).toEqual(ours);
      }
      expect(await view(first.client)).toEqual(snapshot(local).sort());
      expect(snapshot(desk.work)).toEqual(before);
      await first.end();
      const second = await desk.agent('ada');
      expect(await view(second.client)).toEqual(snapshot(local).sort());

      expect(await desk.apply()).toMatchObject({ stuck: [] });
      expect(unlinked(snapshot(desk.work))).toEqual(unlinked(snapshot(local)));
      expect(await desk.staged()).toEqual([]);
      expect(unlinked(await view(second.client))).toEqual(unlinked(snapshot(desk.work)).sort());
      expect(await desk.undo()).not.toHaveProperty('conflicts');
      expect(snapshot(desk.work)).toEqual(before);
    }),
    { numRuns: Number(process.env.COWORK_TEST_RUNS ?? 25) },
  );
});
