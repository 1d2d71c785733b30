import type { ModelResponse } from './upstream.ts';

/** The error types of the Messages API, https://platform.claude.com/docs/en/api/errors. */
export type ApiErrorType =
  | 'invalid_request_error'
  | 'authentication_error'
  | 'permission_error'
  | 'not_found_error'
  | 'request_too_large'
  | 'rate_limit_error'
  | 'api_error'
  | 'timeout_error'
  | 'overloaded_error';

/** The error type that the Messages API pairs with an HTTP status. */
export function apiErrorType(status: number): ApiErrorType {
  const known: Record<number, ApiErrorType> = {
    401: 'authentication_error',
    403: 'permission_error',
    404: 'not_found_error',
    413: 'request_too_large',
    429: 'rate_limit_error',
    504: 'timeout_error',
    529: 'overloaded_error',
  };
  return known[status] ?? (status >= 500 ? 'api_error' : 'invalid_request_error');
}

/** The JSON body that the Messages API gives an error. */
export function apiErrorBody(type: ApiErrorType, message: string): string {
  return JSON.stringify({ type: 'error', error: { type, message } });
}

/** A whole answer that carries an error in the shape of the Messages API. */
export function apiError(
  status: number,
  message: string,
  headers: Record<string, string> = {},
): ModelResponse {
  return wholeResponse(status, apiErrorBody(apiErrorType(status), message), headers);
}

/** An answer whose JSON body is known as a whole. */
export function wholeResponse(
  status: number,
  body: string | Uint8Array,
  headers: Record<string, string> = {},
): ModelResponse {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  return {
    status,
    headers: { 'content-type': 'application/json', ...headers, 'content-length': String(bytes.length) },
    body: once(bytes),
  };
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
