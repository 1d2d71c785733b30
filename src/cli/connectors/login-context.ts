import type { Secrets } from '../../extensions/connectors/secrets.ts';
import type { OAuthWords } from '../../extensions/load/mcp-servers.ts';

/** One login, by whichever way. */
export interface LoginContext {
  secrets: Secrets;
  /** Where the login is kept. */
  name: string;
  url: URL;
  fetch: (url: string | URL, init?: RequestInit) => Promise<Response>;
  oauth: OAuthWords | null;
  /** By which a service knows us that has registered us beforehand. */
  clientSecret: string | null;
  say: (text: string) => void;
  signal: AbortSignal;
}
