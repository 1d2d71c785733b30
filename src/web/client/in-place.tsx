import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';

const FIRST = 'input, textarea, select, button';

/**
 * Where one thing takes the place of another, as a form that of the button which opens it. Who had the focus in the one that goes has it
 * in the one that comes, at its first field or button; else keys would begin at the top of the page again.
 */
export function InPlace(asked: {
  of: string | boolean | undefined;
  class?: string;
  children: ComponentChildren;
}) {
  const around = useRef<HTMLDivElement>(null);
  const last = useRef(asked.of);
  useLayoutEffect(() => {
    if (last.current === asked.of) return;
    last.current = asked.of;
    // Whoever is elsewhere by now stays there.
    if (document.activeElement === document.body) around.current?.querySelector<HTMLElement>(FIRST)?.focus();
  }, [asked.of]);
  return (
    <div ref={around} class={asked.class}>
      {asked.children}
    </div>
  );
}
