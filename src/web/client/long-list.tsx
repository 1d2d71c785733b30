import type { JSX } from 'preact';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { createRowHeights, type RowHeights } from './row-heights.ts';

/** Rows that are drawn before it is known how high they are, and around one that is gone to. */
const AROUND = 30;

interface Row {
  /** The same for every look. */
  key: string;
  className: string;
  content: JSX.Element;
}

/**
 * A list of any length, of which only the rows near the screen are in the document. Gaps stand for the others, each with a
 * button that goes on there, so that keys and screen readers get through all of it. Rows may have any height. `onNearEnd` is
 * told whenever the last row is drawn.
 */
export function LongList(asked: {
  name: string;
  keys: readonly string[];
  row: (index: number) => Omit<Row, 'key'>;
  onNearEnd?: (() => void) | undefined;
}) {
  const { name, keys, row, onNearEnd } = asked;
  const list = useRef<HTMLOListElement>(null);
  const heights = useMemo(createRowHeights, []);
  heights.lay(keys);
  const [drawn, setDrawn] = useState({ from: 0, to: AROUND });
  /** The row that the focus goes to once it is drawn. */
  const wanted = useRef<number | undefined>(undefined);
  const to = Math.min(drawn.to, keys.length);
  const from = Math.min(drawn.from, Math.max(0, to - AROUND));

  const look = useRef(() => {});
  look.current = () => {
    const element = list.current;
    // On the way to a row: a scroll from before, which comes now, must not choose others.
    if (element === null || wanted.current !== undefined) return;
    measure(element, heights);
    const next = nearScreen(element, heights, keys.length);
    // What is drawn is left as it is while it covers the screen: a step of the wheel draws nothing.
    const isCovered = from <= next.least && to >= next.most;
    if (!isCovered) {
      wanted.current = afterButton(element, { from, to }, next, keys.length);
      setDrawn({ from: next.from, to: next.to });
    }
    if (to >= keys.length) onNearEnd?.();
  };
  useLayoutEffect(() => {
    const index = wanted.current;
    wanted.current = undefined;
    if (index !== undefined) {
      const element = list.current?.querySelector<HTMLElement>(`[aria-posinset="${index + 1}"]`);
      element?.scrollIntoView({ block: 'center' });
      element?.focus({ preventScroll: true });
    }
    look.current();
  });
  useEffect(() => watch(list.current as HTMLElement, heights, () => look.current()), [heights]); // drawn by now

  const goTo = (index: number): void => {
    wanted.current = index;
    setDrawn({ from: Math.max(0, index - AROUND), to: Math.min(keys.length, index + AROUND) });
  };
  return (
    <ol class={name} ref={list}>
      {from > 0 && (
        <Gap key="above" height={heights.topOf(from)} onGo={() => goTo(from - 1)}>
          {`${from} more above`}
        </Gap>
      )}
      {keys.slice(from, to).map((key, at) => {
        const { className, content } = row(from + at);
        return (
          <li
            key={`row ${key}`}
            class={className}
            data-row={from + at}
            tabIndex={-1}
            aria-setsize={keys.length}
            aria-posinset={from + at + 1}
          >
            {content}
          </li>
        );
      })}
      {to < keys.length && (
        <Gap key="below" height={heights.topOf(keys.length) - heights.topOf(to)} onGo={() => goTo(to)}>
          {`${keys.length - to} more below`}
        </Gap>
      )}
    </ol>
  );
}

/** Rows that are not in the document, as high as they are or will about be. */
function Gap({ height, onGo, children }: { height: number; onGo: () => void; children: string }) {
  return (
    <li class="gap" style={{ height: `${height}px` }}>
      <button type="button" class="gap-button" onClick={onGo}>
        {children}
      </button>
    </li>
  );
}

function measure(list: HTMLElement, heights: RowHeights): void {
  for (const row of list.children) {
    const index = (row as HTMLElement).dataset.row; // rows are list items
    if (index !== undefined) heights.measured(Number(index), row.getBoundingClientRect().height);
  }
}

/** The rows to draw: one screen more above and below; and those that must be drawn at least, half a screen more. */
function nearScreen(list: HTMLElement, heights: RowHeights, count: number) {
  const top = -list.getBoundingClientRect().top;
  const rows = (more: number): { from: number; to: number } => ({
    from: heights.rowAt(top - more),
    to: Math.min(count, heights.rowAt(top + innerHeight + more) + 1),
  });
  const { from: least, to: most } = rows(innerHeight / 2);
  return { ...rows(innerHeight), least, most };
}

/**
 * The row that takes the focus from the button of a gap which is about to go: to come to such a button scrolls, and that may draw
 * all that its gap stood for.
 */
function afterButton(
  list: HTMLElement,
  drawn: { from: number; to: number },
  next: { from: number; to: number },
  count: number,
): number | undefined {
  const gap = document.activeElement?.closest('.gap') ?? null;
  if (gap === null || gap.parentElement !== list) return undefined;
  if (gap === list.lastElementChild && drawn.to < count)
    return next.to >= count ? Math.max(drawn.to, next.from) : undefined;
  return next.from === 0 ? Math.min(drawn.from, next.to) - 1 : undefined;
}

/** Looks whenever something scrolls, whichever part of the page it is, or is as wide as it was no more. */
function watch(list: HTMLElement, heights: RowHeights, look: () => void): () => void {
  let width = list.clientWidth;
  const observer = new ResizeObserver(() => {
    if (list.clientWidth !== width) heights.clear(); // lines break elsewhere
    width = list.clientWidth;
    look();
  });
  observer.observe(list);
  document.addEventListener('scroll', look, { capture: true, passive: true });
  window.addEventListener('resize', look);
  return () => {
    observer.disconnect();
    document.removeEventListener('scroll', look, { capture: true });
    window.removeEventListener('resize', look);
  };
}
