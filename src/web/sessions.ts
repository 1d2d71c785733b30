import { createHash, randomBytes } from 'node:crypto';

/** What a session may do. */
export type Rights = 'full' | 'read';

/** Who is let in. Kept in this process's memory only: a server that was started anew knows nobody. */
export interface Sessions {
  /** A token that lets one browser in, once, within ten minutes. */
  invite(rights: Rights): string;
  /** Takes a token and gives the secret of a new session; undefined when it was used, is too old or never was. */
  enter(token: string): string | undefined;
  /** What the session with this secret may do; undefined when there is none. */
  rightsOf(secret: string | undefined): Rights | undefined;
  leave(secret: string): void;
}

/** How long a token waits to be used, in milliseconds. */
export const TOKEN_MS = 10 * 60_000;
/** How long a session lasts since it was last used, in milliseconds. */
const SESSION_MS = 12 * 3600_000;
/** Most sessions and waiting tokens; the oldest go. */
const MOST = 64;

export function createSessions(clock: () => number = Date.now): Sessions {
  // By hash: comparing takes the same time whatever is guessed, and no secret lies about in memory.
  const tokens = new Map<string, { rights: Rights; until: number }>();
  const sessions = new Map<string, { rights: Rights; until: number }>();
  const add = (to: typeof tokens, rights: Rights, ms: number): string => {
    const secret = randomBytes(32).toString('base64url');
    to.set(hash(secret), { rights, until: clock() + ms });
    const oldest = to.keys().next().value;
    if (to.size > MOST && oldest !== undefined) to.delete(oldest);
    return secret;
  };
  return {
    invite: (rights) => add(tokens, rights, TOKEN_MS),
    enter: (token) => {
      const found = tokens.get(hash(token));
      tokens.delete(hash(token));
      return found === undefined || found.until < clock()
        ? undefined
        : add(sessions, found.rights, SESSION_MS);
    },
    rightsOf: (secret) => {
      const found = secret === undefined ? undefined : sessions.get(hash(secret));
      if (found === undefined || found.until < clock()) return undefined;
      found.until = clock() + SESSION_MS;
      return found.rights;
    },
    leave: (secret) => void sessions.delete(hash(secret)),
  };
}

const hash = (secret: string): string => createHash('sha256').update(secret).digest('base64url');
