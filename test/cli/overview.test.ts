import { expect, test } from 'vitest';
import { overview } from '../../src/cli/overview.ts';
import { COMMANDS } from '../../src/cli/table.ts';

test.each([40, 80, 100])('the help names each command once, in %i columns', (columns) => {
  const lines = overview(columns).split('\n');
  expect(lines.filter((line) => line.length > Math.max(columns, 75))).toEqual([]);
  const names = lines.flatMap((line) => /^ {2}([a-z]+) /.exec(line)?.[1] ?? []);
  expect(names.toSorted()).toEqual(COMMANDS.map(({ name }) => name).toSorted());
});
