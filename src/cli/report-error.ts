import { toCoworkError } from '../protocol/errors.ts';
import { plainText } from '../text/plain.ts';

/** Tells an error: three short lines for people (what, why, what to do), one JSON object for programs. Returns the exit code. */
export function reportError(
  thrown: unknown,
  stderr: { write(text: string): unknown },
  asJson: boolean,
): number {
  const error = toCoworkError(thrown);
  if (asJson) {
    stderr.write(`${JSON.stringify(error)}\n`);
  } else {
    const cause =
      error.cause instanceof Error && error.cause.message !== error.message
        ? error.cause.message
        : error.code;
    stderr.write(
      `${plainText(error.message)}\n  why: ${plainText(cause.split('\n')[0] ?? '')}\n  do:  ${plainText(error.hint)}\n`,
    );
    if (error.code === 'INTERNAL' && process.env.COWORK_LOG_LEVEL === 'debug')
      stderr.write(`${error.stack}\n`);
  }
  return error.exitCode;
}
