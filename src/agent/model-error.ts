import { APIConnectionError, APIError, APIUserAbortError } from '@anthropic-ai/sdk';

/** Why a turn failed, for people, at most 450 characters. */
export function reasonOf(error: unknown): string {
  const said = error instanceof APIError ? describe(error) : error instanceof Error ? error.message : error;
  return String(said).slice(0, 450);
}

/** Whether the model server broke off in the middle of a streamed answer, which the SDK does not ask for again. */
export function isCutAnswer(error: unknown): boolean {
  if (error instanceof APIConnectionError || error instanceof APIUserAbortError) return false;
  return error instanceof APIError && error.status === undefined;
}

function describe(error: APIError): string {
  // The body of an error of the API, as far as the server keeps to it.
  const { type, message } =
    (error.error as { error?: { type?: string; message?: string } } | undefined)?.error ?? {};
  if (message === undefined) return error.message;
  const status = error.status === undefined ? 'broke off' : `answered ${error.status}`;
  return `The model server ${status}${type === undefined ? '' : ` (${type})`}: ${message}`;
}
