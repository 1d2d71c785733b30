import {
  computeScopeUnion,
  extractWWWAuthenticateParams,
  type FetchLike,
} from '@modelcontextprotocol/client';
import { readLogin } from './oauth.ts';
import type { Secrets } from './secrets.ts';

/** What a server says that a login to it needs (RFC 6750, section 3; RFC 9728, section 5.1). */
export interface Challenge {
  /** Address of what it tells of itself; null for the usual one. */
  metadata: string | null;
  scope: string | null;
  /** There is a login, and it may not do this. */
  isMore: boolean;
}

export function challengeIn(response: Response): Challenge | undefined {
  if (response.status !== 401 && response.status !== 403) return undefined;
  const { resourceMetadataUrl, scope, error } = extractWWWAuthenticateParams(response);
  const isMore = response.status === 403;
  if (isMore && error !== 'insufficient_scope') return undefined;
  return { metadata: resourceMetadataUrl?.href ?? null, scope: scope ?? null, isMore };
}

/** Keeps what the server wants for the next login; what the user has agreed to before is part of it. */
export const noteChallenge = (secrets: Secrets, login: string, said: Challenge): Promise<void> =>
  secrets.alone(async () => {
    const record = await readLogin(secrets, login);
    const before = said.isMore ? record.tokens?.scope : undefined;
    const scope = computeScopeUnion(before, said.scope ?? undefined) ?? null;
    const { wants } = record;
    if (wants?.scope === scope && wants.metadata === said.metadata) return;
    await secrets.set(login, { ...record, wants: { scope, metadata: said.metadata } });
  });

/** What a login has to ask for: what the server says to somebody without one, and what it has wanted of agents. */
export async function wantsOf(
  { secrets, name, url, fetch }: { secrets: Secrets; name: string; url: URL; fetch: FetchLike },
  signal: AbortSignal,
): Promise<{ scope: string | null; metadata: URL | null }> {
  const { wants } = await readLogin(secrets, name);
  const said = await ask(url, fetch, signal);
  const metadata = said?.metadata ?? wants?.metadata ?? null;
  return {
    scope: computeScopeUnion(wants?.scope ?? undefined, said?.scope ?? undefined) ?? null,
    metadata: metadata === null ? null : new URL(metadata),
  };
}

async function ask(url: URL, fetch: FetchLike, signal: AbortSignal): Promise<Challenge | undefined> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' }),
      signal,
    });
    await response.body?.cancel();
    return challengeIn(response);
  } catch {
    return undefined; // what can't be reached is told by the login itself
  }
}
