import type { Usage } from './meter.ts';

/** USD per million tokens; a cache write is priced as the five-minute one. */
export interface Price {
  input: number;
  output: number;
  cacheRead: number;
  cacheWrite: number;
  /** Rates of a request whose prompt (cached parts included) is longer than `above` tokens. */
  long?: { above: number } & Omit<Price, 'long'>;
}

/** The day on which the table was read from https://platform.claude.com/docs/en/about-claude/pricing. */
export const PRICES_DATE = '2026-11-21';

/** A price from the input and output rates; a 5-minute cache write costs 1.25 of the input. */
const price = (input: number, output: number, readFactor: number): Price => ({
  input,
  output,
  cacheRead: input * readFactor,
  cacheWrite: input * 1.25,
});

/** Prices by model; a dated name (`claude-haiku-4-5-20251001`) counts as the one without its date. */
export const PRICES: Readonly<Record<string, Price>> = {
  'claude-fable-5-1': price(10, 50, 0.025),
  'claude-mythos-5-1': price(10, 50, 0.025),
  'claude-fable-5': price(10, 50, 0.1),
  'claude-mythos-5': price(10, 50, 0.1),
  'claude-opus-5-5': price(4, 20, 0.05),
  'claude-opus-5': price(5, 25, 0.1),
  'claude-opus-4-8': price(5, 25, 0.1),
  'claude-opus-4-7': price(5, 25, 0.1),
  'claude-opus-4-6': price(5, 25, 0.1),
  'claude-opus-4-5': price(5, 25, 0.1),
  'claude-sonnet-5-5': price(2, 10, 0.05),
  'claude-sonnet-5': price(2, 10, 0.1),
  'claude-sonnet-4-6': price(3, 15, 0.1),
  'claude-sonnet-4-5': price(3, 15, 0.1),
  'claude-haiku-5-5': { ...price(0.1, 0.5, 0.1), long: { above: 100_000, ...price(0.5, 2.5, 0.1) } },
  'claude-haiku-4-5': price(1, 5, 0.1),
  // A rehearsal asks no model.
  rehearsal: price(0, 0, 0),
};

/** What one answer cost in USD, or null when the model's price is not known. `prices` adds to the table and wins. */
export function costUsd(
  model: string | null,
  usage: Usage,
  prices: Readonly<Record<string, Price>> = {},
): number | null {
  const table = new Map(Object.entries({ ...PRICES, ...prices }));
  const found = model === null ? undefined : (table.get(model) ?? table.get(model.replace(/-\d{8}$/, '')));
  if (!found) return null;
  const prompt = usage.input + usage.cacheRead + usage.cacheWrite;
  const rate = found.long && prompt > found.long.above ? found.long : found;
  const sum =
    usage.input * rate.input +
    usage.output * rate.output +
    usage.cacheRead * rate.cacheRead +
    usage.cacheWrite * rate.cacheWrite;
  return sum / 1_000_000;
}
