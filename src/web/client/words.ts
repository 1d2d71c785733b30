import type { Color } from '../../protocol/team.ts';
import { now } from './state.ts';

/** A time of day where the reader is. */
export const timeOf = (at: string): string =>
  new Date(at).toLocaleTimeString(undefined, {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  });

export const dayOf = (at: string): string =>
  new Date(at).toLocaleDateString(undefined, { weekday: 'short', day: 'numeric', month: 'short' });

/** Whose clock the times are by: `Europe/Berlin (GMT+2)`. */
export function timeZone(): string {
  const format = new Intl.DateTimeFormat('en', { timeZoneName: 'shortOffset' });
  const offset = format.formatToParts(new Date()).find(({ type }) => type === 'timeZoneName')?.value;
  return `${format.resolvedOptions().timeZone} (${offset})`;
}

/** A length of time: 42 s, 3 min, 2 h 10 min. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
  return `${Math.floor(seconds / 86_400)} days`;
}

/** How long ago, as it runs on. */
export const ago = (at: string): string => `${duration(now.value - Date.parse(at))} ago`;

export function brief(n: number): string {
  if (n < 1000) return String(n);
  if (n < 1_000_000) return `${(n / 1000).toFixed(n < 10_000 ? 1 : 0)}k`;
  return `${(n / 1_000_000).toFixed(1)}M`;
}

export const money = (usd: number): string => `$${usd.toFixed(usd < 0.1 && usd > 0 ? 3 : 2)}`;

export function bytesOf(n: number): string {
  if (n < 1024) return `${n} B`;
  return n < 1024 * 1024 ? `${(n / 1024).toFixed(1)} KB` : `${(n / 1024 / 1024).toFixed(1)} MB`;
}

/** A state for people. */
export const stateText = (state: string): string => state.replace('_', ' ');

const HUES: Record<Color, number> = {
  ...{ red: 5, orange: 30, yellow: 55, green: 130 },
  ...{ cyan: 185, blue: 220, purple: 275, pink: 330 },
};

/** The hue of an agent, the same in every view. */
export function hueOf(name: string, color?: Color): number {
  if (color !== undefined) return HUES[color];
  let hash = 7;
  for (const letter of name) hash = (hash * 31 + letter.charCodeAt(0)) % 3600;
  return (hash * 47) % 360;
}
