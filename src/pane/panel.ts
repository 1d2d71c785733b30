import { fitLine } from '../text/width.ts';

/** Lines that lie over the upper part of a pane: tasks, mail. They are read anew every second. */
export interface Panel extends Disposable {
  /** The key that opened it: `t` or `m`. */
  readonly key: string;
  scroll(lines: number): void;
  /** Puts it over `rows`, which are `cols` wide. */
  draw(rows: string[], cols: number): string[];
}

const REFRESH_MS = 1_000;

export interface PanelOptions {
  key: string;
  title: string;
  read: () => Promise<string[]>;
  changed: () => void;
  /** Keep the last line in view, as the newest is below. */
  isLog: boolean;
}

export function openPanel({ key, title, read, changed, isLog }: PanelOptions): Panel {
  let lines = ['…'];
  let top = isLog ? Number.POSITIVE_INFINITY : 0;
  let room = 1;
  let isOpen = true;
  const load = (): void => {
    read()
      .catch((error: unknown) => [
        `It can't be read: ${error instanceof Error ? error.message : String(error)}`,
      ])
      .then((next) => {
        if (!isOpen) return;
        lines = next;
        changed();
        timer = setTimeout(load, REFRESH_MS);
      });
  };
  let timer: NodeJS.Timeout | undefined;
  load();
  const lastTop = (): number => Math.max(0, lines.length - room);
  return {
    key,
    scroll(by) {
      const from = Math.min(top, lastTop());
      const to = Math.max(0, Math.min(lastTop(), from + by));
      top = isLog && to === lastTop() ? Number.POSITIVE_INFINITY : to;
    },
    draw(rows, cols) {
      const height = Math.min(rows.length, Math.max(3, Math.ceil(rows.length * 0.6)));
      room = Math.max(1, height - 2);
      const first = Math.min(top, lastTop());
      const shown = lines.slice(first, first + room);
      const place = lines.length > room ? `${first + 1}-${first + shown.length} of ${lines.length}` : '';
      const head = ` ${[title, place, 'Up, Down, PgUp, PgDn', `q or ${key} closes`].filter((part) => part !== '').join(' · ')}`;
      const drawn = [
        `\x1b[0;7m${fitLine(head, cols)}\x1b[m`,
        ...Array.from({ length: room }, (_, y) => `\x1b[0m${fitLine(` ${shown[y] ?? ''}`, cols)}`),
        `\x1b[0;2m${'─'.repeat(cols)}\x1b[m`,
      ];
      return rows.map((row, y) => drawn[y] ?? row);
    },
    [Symbol.dispose]() {
      isOpen = false;
      clearTimeout(timer);
    },
  };
}
