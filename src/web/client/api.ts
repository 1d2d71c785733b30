/** What the server refuses, as commands say it: what and what to do. */
export class Refusal extends Error {
  readonly code: string;
  readonly hint: string;
  constructor(code: string, message: string, hint: string) {
    super(message);
    this.code = code;
    this.hint = hint;
  }
}

/** How long an answer may take, in milliseconds: an agent that is stopped may first save its work. */
const ANSWER_MS = 120_000;

/** Asks the server. Throws Refusal. */
export async function get<T>(path: string): Promise<T> {
  return ask<T>(path, {});
}

/** Changes something. Throws Refusal. */
export async function post<T>(path: string, body: unknown, deadlineMs?: number): Promise<T> {
  const headers = { 'content-type': 'application/json' };
  return ask<T>(path, { method: 'POST', headers, body: JSON.stringify(body) }, deadlineMs);
}

/** Begins a session by a passphrase. Throws Refusal. */
export async function enter(passphrase: string): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  await fetchJson('/enter', { method: 'POST', headers, body: JSON.stringify({ passphrase }) });
}

const ask = <T>(path: string, init: RequestInit, deadlineMs?: number): Promise<T> =>
  fetchJson(`/api${path}`, init, deadlineMs);

async function fetchJson<T>(path: string, init: RequestInit, deadlineMs = ANSWER_MS): Promise<T> {
  const response = await fetch(path, { ...init, signal: AbortSignal.timeout(deadlineMs) }).catch(() => {
    throw new Refusal('OFFLINE', 'The dashboard does not answer.', 'Look whether `cowork web` still runs.');
  });
  const body = await response.json().catch(() => ({})); // an answer that is no JSON is told as what it is, below
  if (response.ok) return body as T; // our own server, of the same version: the page came from it
  const { code = 'INTERNAL', message = `The server said ${response.status}.`, hint = '' } = body.error ?? {};
  throw new Refusal(code, message, hint);
}
