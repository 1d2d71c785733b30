import type { FigureSeries } from '../team/figures.ts';
import { table } from './print.ts';

const BARS = '▁▂▃▄▅▆▇█';
/** Characters of one line. */
const WIDTH = 16;

/** What agents used over time, for a terminal: a small line of bars for each, and how it is now. */
export function renderFigures(team: string, { at, agents }: FigureSeries): string {
  const [first, last] = [at[0], at.at(-1)];
  if (first === undefined || last === undefined)
    return `${team}: nothing was noted yet. It begins when the team runs.\n`;
  const rows = Object.entries(agents).map(([name, { tokens, costUsd, cpu, memory }]) => [
    name,
    shown(tokens, (sum) => String(sum)),
    shown(costUsd, (usd) => `${usd.toFixed(2)} USD`),
    shown(cpu, (cores) => `${Math.round(cores * 100)} %`),
    shown(memory, (bytes) => `${Math.round(bytes / 1024 / 1024)} MiB`),
  ]);
  return `${team}, ${first} to ${last}\n${table(['AGENT', 'TOKENS', 'MONEY', 'CPU', 'MEMORY'], rows)}`;
}

function shown(line: readonly (number | null)[], say: (value: number) => string): string {
  const now = line.at(-1);
  return `${bars(line)} ${now === null || now === undefined ? '-' : say(now)}`;
}

/** A bar for each part of the time, by the highest in it; a space where nothing is known. */
function bars(line: readonly (number | null)[]): string {
  const values = line.map((value) => value ?? -1);
  const top = Math.max(...values, Number.MIN_VALUE);
  const width = Math.min(WIDTH, values.length);
  return Array.from({ length: width }, (_, part) => {
    const from = Math.floor((part * values.length) / width);
    const highest = Math.max(...values.slice(from, Math.ceil(((part + 1) * values.length) / width)));
    return highest < 0 ? ' ' : (BARS[Math.round((highest / top) * (BARS.length - 1))] ?? '');
  }).join('');
}
