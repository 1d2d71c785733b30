import type { Context } from 'hono';
import { z } from 'zod';
import { CoworkError } from '../protocol/errors.ts';
import type { Env } from './desk.ts';

/** The body of a request. Throws REQUEST_INVALID. */
export async function readBody<T>(context: Context<Env>, schema: z.ZodType<T>): Promise<T> {
  if (context.req.header('content-type') !== 'application/json')
    throw new CoworkError('REQUEST_INVALID', 'The body of a request is JSON, and says so.');
  const body: unknown = await context.req.json().catch((cause: unknown) => {
    throw new CoworkError('REQUEST_INVALID', 'The body of the request is no JSON.', { cause });
  });
  return checked(schema, body);
}

/** What stands behind the `?` of a request. Throws REQUEST_INVALID. */
export function readQuery<T>(context: Context<Env>, schema: z.ZodType<T>): T {
  return checked(schema, context.req.query());
}

function checked<T>(schema: z.ZodType<T>, given: unknown): T {
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  throw new CoworkError(
    'REQUEST_INVALID',
    `The request is not as it should be: ${z.prettifyError(parsed.error)}`,
  );
}
