/** Where the rows of a long list are, as far as it is known; the others count as high as rows usually are. */
export interface RowHeights {
  /** Says which rows there are now, by key; what was measured stays known. */
  lay(keys: readonly string[]): void;
  measured(index: number, height: number): void;
  /** Forgets all that was measured. */
  clear(): void;
  /** Where the row begins, from the top of the list; of the row after the last: how high the list is. */
  topOf(index: number): number;
  /** The row at this place; the first or the last when it is outside. */
  rowAt(place: number): number;
}

/** Height of a row before any was measured, in pixels. */
const GUESS = 60;
/** Measured rows from which the usual height is taken, once: one that moved would move the page. */
const SAMPLE = 20;

export function createRowHeights(): RowHeights {
  const known = new Map<string, number>();
  let keys: readonly string[] = [];
  let usual = GUESS;
  let tops = new Float64Array(1);
  /** Up to this row `tops` is right. A hundred thousand additions take less than a millisecond, as many look-ups do not. */
  let right = 0;
  let heights = new Float64Array(0);

  const fill = (): void => {
    heights = Float64Array.from(keys, (key) => known.get(key) ?? usual);
    tops = new Float64Array(keys.length + 1);
    right = 0;
  };
  const sumUpTo = (index: number): void => {
    for (; right < index; right++) tops[right + 1] = (tops[right] ?? 0) + (heights[right] ?? 0);
  };
  return {
    lay: (now) => {
      if (now === keys) return;
      keys = now;
      fill();
    },
    measured: (index, height) => {
      const key = keys[index];
      if (key === undefined || known.get(key) === height) return;
      known.set(key, height);
      heights[index] = height;
      right = Math.min(right, index);
      if (known.size !== SAMPLE) return;
      usual = [...known.values()].reduce((sum, each) => sum + each, 0) / SAMPLE;
      fill();
    },
    clear: () => {
      known.clear();
      fill();
    },
    topOf: (index) => {
      sumUpTo(index);
      return tops[index] ?? 0;
    },
    rowAt: (place) => {
      sumUpTo(keys.length);
      let from = 0;
      let to = keys.length - 1;
      while (from < to) {
        const middle = (from + to + 1) >> 1;
        if ((tops[middle] ?? 0) <= place) from = middle;
        else to = middle - 1;
      }
      return from;
    },
  };
}
