/** Every error that cowork can show, in one place. `docs/errors.md` is made from this table. */

/** What a process exits with: 1 failed, 2 wrong use, 3 no such thing, 4 refused, 5 timed out. */
export type ExitCode = 1 | 2 | 3 | 4 | 5;

interface ErrorEntry {
  exit: ExitCode;
  /** When this happens, as the docs say it. */
  means: string;
  /** What the user can do about it; the default of the error's hint. */
  hint: string;
}

const entry = (exit: ExitCode, means: string, hint: string): ErrorEntry => ({ exit, means, hint });

export const ERRORS = {
  INTERNAL: entry(
    1,
    'cowork met a state that it did not expect',
    'Run again with COWORK_LOG_LEVEL=debug and report what it prints.',
  ),
  USAGE: entry(2, 'a command, flag or argument is not known or not complete', 'See `cowork --help`.'),
  NAME_INVALID: entry(
    2,
    'a name of a team or agent is not of the allowed form',
    'Use 1 to 63 of a-z, 0-9 and -, beginning with a letter or digit; lead, user and team are taken.',
  ),
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERRORS;

/** The shape of an error on stderr with `--json`, in a gate answer and in a tool error. */
export interface ErrorBody {
  error: { code: string; message: string; hint: string };
}

/** An error that tells a person what failed, why, and what to do. */
export class CoworkError extends Error {
  readonly code: ErrorCode;
  readonly hint: string;

  constructor(code: ErrorCode, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'CoworkError';
    this.code = code;
    this.hint = options.hint ?? ERRORS[code].hint;
  }

  get exitCode(): ExitCode {
    return ERRORS[this.code].exit;
  }

  toJSON(): ErrorBody {
    return { error: { code: this.code, message: this.message, hint: this.hint } };
  }
}

/** Turns anything thrown into a coded error; what has no code becomes INTERNAL with its cause kept. */
export function toCoworkError(thrown: unknown): CoworkError {
  if (thrown instanceof CoworkError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new CoworkError('INTERNAL', message, { cause: thrown });
}
