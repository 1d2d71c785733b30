import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { inTurn } from '../../src/store/turn.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { startChild } from './support/child.ts';

const here = new URL('./support/', import.meta.url).href;

test('processes take turns: nothing is counted twice or lost, also when one is killed in its turn and the list is thrown away', async () => {
  const folder = await temporaryFolder();
  const [file, counter] = [join(folder, 'writers.jsonl'), join(folder, 'counter')];
  writeFileSync(counter, '0');
  // So long that the first turns end with the list thrown away.
  writeFileSync(file, `${' '.repeat(70_000)}\n`);
  const start = (dies: boolean) => startChild(here, 'take-turns', { file, counter, times: 20, dies });
  const children = [start(false), start(false), start(true)];
  const ends = await Promise.all(children.map(({ ended }) => ended));
  expect(ends).toEqual([0, 0, 'SIGKILL']);
  expect(Number(readFileSync(counter, 'utf8'))).toBe(50);
  expect(statSync(file).size).toBeLessThan(70_000);
});

test('who throws in a turn leaves it to the next', async () => {
  const file = join(await temporaryFolder(), 'writers.jsonl');
  const failing = inTurn(file, 'team', async () => {
    throw new Error('no');
  });
  await expect(failing).rejects.toThrow('no');
  expect(await inTurn(file, 'team', async () => 'next')).toBe('next');
});
