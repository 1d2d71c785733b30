/** A place on the terminal, in cells, from 0. */
export interface Tile {
  x: number;
  y: number;
  cols: number;
  rows: number;
}

/** Smallest tile in which something can be read: its title and two rows. */
const LEAST: Pick<Tile, 'cols' | 'rows'> = { cols: 19, rows: 3 };
/** Columns for each row of a tile that looks like a terminal. */
const SHAPE = 3.3;

/**
 * Places for `count` tiles side by side on an area, as near to the shape of a terminal as it goes, with a blank column between them. Where not
 * all have room, those for the first page; the number of places is how many go on one.
 */
export function layOut(count: number, area: { cols: number; rows: number }): Tile[] {
  const mostColumns = Math.max(1, Math.floor((area.cols + 1) / (LEAST.cols + 1)));
  const mostRows = Math.max(1, Math.floor(area.rows / LEAST.rows));
  const shown = Math.max(1, Math.min(count, mostColumns * mostRows));
  let best = { columns: 1, rows: shown, badness: Number.POSITIVE_INFINITY };
  for (let columns = 1; columns <= Math.min(shown, mostColumns); columns++) {
    const rows = Math.ceil(shown / columns);
    if (rows > mostRows) continue;
    const ratio = area.cols / columns / (area.rows / rows);
    // Empty places at the end cost as much as a bad shape.
    const badness = Math.abs(Math.log(ratio / SHAPE)) + (columns * rows - shown) / shown;
    if (badness < best.badness) best = { columns, rows, badness };
  }
  return Array.from({ length: shown }, (_, index) => place(index, shown, best, area));
}

function place(
  index: number,
  shown: number,
  grid: { columns: number; rows: number },
  area: { cols: number; rows: number },
): Tile {
  const row = Math.floor(index / grid.columns);
  // The last row shares the width among those that are in it.
  const inRow = Math.min(grid.columns, shown - row * grid.columns);
  const column = index % grid.columns;
  const x = Math.floor((column * (area.cols + 1)) / inRow);
  const y = Math.floor((row * area.rows) / grid.rows);
  return {
    x,
    y,
    cols: Math.floor(((column + 1) * (area.cols + 1)) / inRow) - x - 1,
    rows: Math.floor(((row + 1) * area.rows) / grid.rows) - y,
  };
}
