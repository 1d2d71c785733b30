import * as fs from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { recorded } from './recorded.ts';
import { namesBelow, outcome, step } from './steps.ts';

/** A tree with its bytes, rights, times and links; inodes as numbers in order of sight. */
function portrait(root: string): string[] {
  const inodes = new Map<number, number>();
  const names = ['.', ...namesBelow(root)];
  return names.map((name) => {
    const stat = fs.lstatSync(join(root, name));
    const content = stat.isFile() ? fs.readFileSync(join(root, name)).toString('base64') : '';
    const target = stat.isSymbolicLink() ? fs.readlinkSync(join(root, name)) : '';
    if (!inodes.has(stat.ino)) inodes.set(stat.ino, inodes.size);
    const links = stat.isFile() ? `${stat.nlink} ${inodes.get(stat.ino)}` : '';
    return `${name} ${stat.mode.toString(8)} ${Math.round(stat.mtimeMs)} ${links} ${target} ${content}`;
  });
}

test('whatever two agents did, undo puts back every byte, name, right, time and link', {
  timeout: process.env.COWORK_SOAK ? 3_600_000 : 120_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.boolean(), step), { minLength: 1, maxLength: 30 }),
      async (steps) => {
        const desk = await recorded();
        const at = (name: string) => join(desk.work, name);
        fs.mkdirSync(at('d/e'), { recursive: true });
        fs.writeFileSync(at('a'), 'start');
        fs.writeFileSync(at('d/a'), 'deep', { mode: 0o600 });
        fs.linkSync(at('a'), at('d/e/a'));
        fs.symlinkSync('a', at('c'));
        for (const name of ['a', 'd/a', 'd/e', 'd', '.'])
          fs.utimesSync(at(name), 1_600_000_000, 1_500_000_000);
        const before = portrait(desk.work);
        const agents = [await desk.agent('ada'), await desk.agent('ben')];
        for (const [isAda, { remote }] of steps) {
          const agent = agents[isAda ? 0 : 1];
          if (agent) await outcome(() => remote(agent.client));
          for (const { guard } of agents) guard.answered('work', true);
        }
        expect(await desk.undo()).not.toHaveProperty('conflicts');
        expect(portrait(desk.work)).toEqual(before);
        expect(desk.survey()).toEqual([]);
      },
    ),
    { numRuns: Number(process.env.COWORK_TEST_RUNS ?? 60) },
  );
});
