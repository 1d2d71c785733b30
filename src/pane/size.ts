import type { SizePolicy } from './wire.ts';

export interface Size {
  cols: number;
  rows: number;
}

/** A viewer as far as the size of the pane is concerned. */
export interface SizedViewer {
  /** Undefined for a viewer that has no say. */
  size: Size | undefined;
  /** When it last typed or came, in any rising count. */
  lastActive: number;
}

/** Smallest size that an agent's screen is asked to draw in. */
const MINIMUM: Size = { cols: 20, rows: 5 };

/** The size that a pane should have, or undefined while no viewer has a say (it stays as it is then). */
export function decideSize(policy: SizePolicy, viewers: Iterable<SizedViewer>): Size | undefined {
  const sized = [...viewers].flatMap(({ size, lastActive }) =>
    size === undefined ? [] : [{ size, lastActive }],
  );
  const [first, ...others] = sized;
  if (first === undefined) return undefined;
  if (policy === 'last-active') {
    return atLeast(others.reduce((a, b) => (b.lastActive > a.lastActive ? b : a), first).size);
  }
  return atLeast({
    cols: Math.min(...sized.map(({ size }) => size.cols)),
    rows: Math.min(...sized.map(({ size }) => size.rows)),
  });
}

function atLeast({ cols, rows }: Size): Size {
  return { cols: Math.max(MINIMUM.cols, cols), rows: Math.max(MINIMUM.rows, rows) };
}
