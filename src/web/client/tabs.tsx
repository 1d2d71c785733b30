import { useEffect, useRef } from 'preact/hooks';

interface Tab {
  id: string;
  label: string;
  href: string;
  /** What waits there, when anything does. */
  count?: number;
}

/** Links to views, in one line that scrolls where it is too long; the one that is shown is in sight. */
export function Tabs({ name, tabs, current }: { name: string; tabs: Tab[]; current: string }) {
  const bar = useRef<HTMLElement>(null);
  useEffect(() => {
    const box = bar.current;
    const tab = box?.querySelector<HTMLElement>('[aria-current]');
    // Not `scrollIntoView`: that would move the page, too.
    if (box && tab) box.scrollLeft = tab.offsetLeft - (box.clientWidth - tab.clientWidth) / 2;
  }, [current]);
  return (
    <nav class="tabs" aria-label={name} ref={bar}>
      {tabs.map(({ id, label, href, count = 0 }) => (
        <a key={id} href={href} aria-current={id === current ? 'page' : undefined}>
          {label}
          {count > 0 && <span class="badge warm">{count}</span>}
        </a>
      ))}
    </nav>
  );
}
