import type { RefObject } from 'preact';
import { useLayoutEffect } from 'preact/hooks';

/** Room that is left below, in pixels, and the least height of what is shown. */
const GAP = 16;
const LEAST = 320;

/** Makes something as high as the screen has room below its place, however much stands above it: what is typed at its end is seen. */
export function useRoomBelow(element: RefObject<HTMLElement | null>, isWanted: boolean): void {
  useLayoutEffect(() => {
    const { current } = element;
    if (current === null || !isWanted) return;
    const fit = (): void => {
      const top = current.getBoundingClientRect().top + window.scrollY;
      current.style.height = `${Math.max(LEAST, Math.round(window.innerHeight - top - GAP))}px`;
    };
    fit();
    // A band that comes or goes above moves it down or up, which the height of the page shows.
    const watching = new ResizeObserver(fit);
    watching.observe(document.body);
    window.addEventListener('resize', fit);
    return () => {
      watching.disconnect();
      window.removeEventListener('resize', fit);
    };
  }, [isWanted]);
}
