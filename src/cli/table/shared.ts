import type { Options } from 'yargs';
import type { CommandModule } from '../command.ts';

/** A word of the command line that is not a flag. */
export interface Positional {
  name: string;
  describe: string;
  /** `[NAME]` instead of `NAME`. */
  optional?: boolean;
  /** Takes all words that follow. */
  isList?: boolean;
}

export interface Command {
  name: string;
  describe: string;
  positionals?: Positional[];
  options?: Record<string, Options>;
  load: () => Promise<CommandModule>;
}

export const json: Options = { type: 'boolean', describe: 'Print JSON' };
export const team: Options = {
  type: 'string',
  alias: 't',
  requiresArg: true,
  describe: 'Name of the team (default: the only running one, else the latest)',
};
export const limits: Record<string, Options> = {
  budget: {
    type: 'number',
    requiresArg: true,
    describe: 'Most that the team may cost, in USD; then it pauses',
  },
  'max-turns': {
    type: 'number',
    requiresArg: true,
    describe: 'Most replies of the model per agent (default 500)',
  },
  'max-tokens': { type: 'number', requiresArg: true, describe: 'Most tokens of the team, in and out' },
  'max-minutes': { type: 'number', requiresArg: true, describe: 'Most minutes since the launch' },
  'max-messages': { type: 'number', requiresArg: true, describe: 'Most messages that agents send' },
};
export const byAgent: Options = {
  type: 'string',
  requiresArg: true,
  describe: 'Only what this agent has changed, since it first did',
};
export const priority: Options = {
  choices: ['note', 'steer', 'interrupt'] as const,
  requiresArg: true,
  default: 'steer',
  describe: 'note: at the end of the turn; steer: between two tool calls; interrupt: now',
};
