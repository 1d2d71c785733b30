import { CoworkError } from '../protocol/errors.ts';

/** Levels of pino, and no log at all. */
const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];

/**
 * Settles the environment of a command and of all that it starts: a variable of ours that is empty is as good as none. Throws USAGE
 * for a log level that there is not; supervisors and keepers could only end with it.
 */
export function settleEnvironment(env: NodeJS.ProcessEnv): void {
  for (const [name, value] of Object.entries(env))
    if (/^(COWORK|ANTHROPIC)_|^NO_COLOR$/.test(name) && value?.trim() === '') delete env[name];
  const level = env.COWORK_LOG_LEVEL;
  if (level === undefined || LEVELS.includes(level)) return;
  throw new CoworkError('USAGE', `COWORK_LOG_LEVEL can't be ${JSON.stringify(level)}.`, {
    hint: `It can be ${LEVELS.join(', ')}.`,
  });
}
