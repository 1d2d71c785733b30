/** Draws when something has changed. */
export interface Frames extends Disposable {
  /** Draws soon: not before a frame's time has gone by since the last one. */
  schedule(): void;
  /** Draws at once. */
  draw(): void;
}

/** Frames at least `everyMs` apart, until it is disposed of. */
export function createFrames(paint: () => void, everyMs: number): Frames {
  let timer: NodeJS.Timeout | undefined;
  let last = 0;
  let isOver = false;
  const draw = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (isOver) return;
    last = performance.now();
    paint();
  };
  return {
    draw,
    schedule() {
      if (timer !== undefined || isOver) return;
      timer = setTimeout(draw, Math.max(0, last + everyMs - performance.now()));
    },
    [Symbol.dispose]() {
      isOver = true;
      clearTimeout(timer);
    },
  };
}
