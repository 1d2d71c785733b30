import { expect, it } from 'vitest';
import { layOut } from '../../src/web/client/graph/layout.ts';

const node = (id: string, ...dependsOn: string[]) => ({ id, dependsOn });

it('a task stands behind all that it waits for, and lines that need not cross do not', () => {
  const { columns, edges } = layOut([
    ...[node('a'), node('b'), node('c', 'b'), node('d', 'a')],
    ...[node('e', 'c', 'd'), node('f', 'e', 'a', 'gone')],
  ]);
  expect(columns).toEqual([['a', 'b'], ['d', 'c'], ['e'], ['f']]);
  expect(edges).toHaveLength(6);
});

it('chains of hundreds and lists in any order are laid out, and nothing is nothing', () => {
  const chain = Array.from({ length: 400 }, (_, n) => node(`t${n}`, ...(n === 0 ? [] : [`t${n - 1}`])));
  const { columns } = layOut(chain.toReversed());
  expect(columns).toEqual(chain.map(({ id }) => [id]));
  expect(layOut([])).toMatchObject({ columns: [], edges: [] });
});
