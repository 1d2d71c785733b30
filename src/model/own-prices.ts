import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { CoworkError } from '../protocol/errors.ts';
import type { Price } from './prices.ts';

const rate = z.number().min(0);
const Rates = z.object({ input: rate, output: rate, cacheRead: rate, cacheWrite: rate });
const Prices = z.record(z.string(), Rates);

/** Where the user sets prices of models: by name, USD per million tokens. */
export const pricesFile = (home: string): string => join(home, 'prices.json');

/** The prices that the user has set; none when there is no file. Throws PRICES_INVALID. */
export function ownPrices(home: string): Record<string, Price> {
  const file = pricesFile(home);
  if (!existsSync(file)) return {};
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new CoworkError('PRICES_INVALID', `${file} is no JSON.`, { cause });
  }
  const parsed = Prices.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new CoworkError('PRICES_INVALID', `${file}: ${issue?.path.join('.')}: ${issue?.message}`);
}
