import type { Session } from '../session.ts';
import type { FieldReader } from '../wire.ts';

/**
 * Answers one kind of request: reads its fields, and gives the frame to send back. Throws a refusal or the host's own
 * error for Rlerror, a violation to end the connection. What is quick on the host is done synchronously, so that
 * nothing can come between its steps.
 */
export type Handler = (session: Session, request: FieldReader) => Buffer | Promise<Buffer>;

/** Continues with a value that may have to be waited for. */
export function after<A, B>(value: A | Promise<A>, next: (value: A) => B): B | Promise<B> {
  return value instanceof Promise ? value.then(next) : next(value);
}
