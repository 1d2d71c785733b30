import { CoworkError } from '../protocol/errors.ts';
import type { CommandArguments } from './command.ts';

/** What was said of a team's limits; what was not said is left out. */
export interface Limits {
  budgetUsd?: number;
  maxTurns?: number;
  maxTokens?: number;
  maxMinutes?: number;
  maxMessages?: number;
}

/** Flags of limits, by the field that they set; money and minutes may have a fraction. */
const FLAGS: Record<keyof Limits, { argument: string; flag: string; isWhole: boolean }> = {
  budgetUsd: { argument: 'budget', flag: '--budget', isWhole: false },
  maxTurns: { argument: 'maxTurns', flag: '--max-turns', isWhole: true },
  maxTokens: { argument: 'maxTokens', flag: '--max-tokens', isWhole: true },
  maxMinutes: { argument: 'maxMinutes', flag: '--max-minutes', isWhole: false },
  maxMessages: { argument: 'maxMessages', flag: '--max-messages', isWhole: true },
};

/** Reads the limits that were typed. Throws USAGE for what is no number above 0. */
export function readLimits(args: CommandArguments): Limits {
  const limits: Limits = {};
  for (const [field, { argument, flag, isWhole }] of Object.entries(FLAGS)) {
    const given = args[argument];
    if (given === undefined) continue;
    const isFine = typeof given === 'number' && Number.isFinite(given) && given > 0;
    if (!isFine || (isWhole && !Number.isInteger(given))) {
      throw new CoworkError('USAGE', `${flag} takes a ${isWhole ? 'whole ' : ''}number above 0.`);
    }
    limits[field as keyof Limits] = given; // a key of the table of fields
  }
  return limits;
}
