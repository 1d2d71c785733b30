import fc from 'fast-check';
import { expect, test } from 'vitest';
import { layOut } from '../../src/pane/tiles.ts';

test('one agent has the whole area, few have terminals of their own, sixteen find room on 80 by 24', () => {
  expect(layOut(1, { cols: 80, rows: 21 })).toEqual([{ x: 0, y: 0, cols: 80, rows: 21 }]);
  expect(layOut(4, { cols: 120, rows: 40 }).map(({ cols, rows }) => [cols, rows])).toEqual([
    [59, 20],
    [60, 20],
    [59, 20],
    [60, 20],
  ]);
  const sixteen = layOut(16, { cols: 80, rows: 21 });
  expect(sixteen).toHaveLength(16);
  expect(Math.min(...sixteen.map(({ cols }) => cols))).toBeGreaterThanOrEqual(19);
  expect(Math.min(...sixteen.map(({ rows }) => rows))).toBeGreaterThanOrEqual(5);
});

test('tiles stay on the area, never overlap, and leave a blank column between them', () => {
  const area = fc.record({ cols: fc.integer({ min: 20, max: 300 }), rows: fc.integer({ min: 3, max: 100 }) });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 70 }), area, (count, { cols, rows }) => {
      const tiles = layOut(count, { cols, rows });
      expect(tiles.length).toBeGreaterThan(0);
      expect(tiles.length).toBeLessThanOrEqual(count);
      const taken = new Uint8Array((cols + 1) * rows);
      let overlaps = 0;
      for (const tile of tiles) {
        expect([tile.x + tile.cols <= cols, tile.y + tile.rows <= rows]).toEqual([true, true]);
        expect([tile.cols >= 18, tile.rows >= 3]).toEqual([true, true]);
        for (let y = tile.y; y < tile.y + tile.rows; y++) {
          // The blank column after it belongs to it, too.
          for (let x = tile.x; x <= tile.x + tile.cols; x++) {
            overlaps += taken[y * (cols + 1) + x] ?? 1;
            taken[y * (cols + 1) + x] = 1;
          }
        }
      }
      expect(overlaps).toBe(0);
    }),
    { numRuns: 150 },
  );
});
