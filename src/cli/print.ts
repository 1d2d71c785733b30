import { plainText } from '../text/plain.ts';

/** Lays rows out in columns; texts of agents are made plain on the way. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const plain = [head, ...rows].map((row) => row.map((cell) => plainText(cell)));
  const widths = head.map((_, column) => Math.max(...plain.map((row) => row[column]?.length ?? 0)));
  return plain
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join('');
}

/** A length of time for people: 42 s, 3 min 5 s, 2 h 10 min. */
export function duration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

/** A text on one line, cut at `max` characters. */
export function brief(text: string, max: number): string {
  const line = plainText(text.trim().replaceAll(/\s+/g, ' '));
  return line.length <= max ? line : `${line.slice(0, max - 1)}…`;
}
