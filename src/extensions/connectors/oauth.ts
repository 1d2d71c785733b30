import { randomBytes } from 'node:crypto';
import {
  type AuthProvider,
  auth,
  type FetchLike,
  type OAuthClientInformationContext,
  type OAuthClientMetadata,
  type OAuthClientProvider,
  type OAuthDiscoveryState,
  type StoredOAuthClientInformation,
  type StoredOAuthTokens,
} from '@modelcontextprotocol/client';
import { ServerRefusal } from '../servers/refusal.ts';
import type { Secrets } from './secrets.ts';

/** What is kept of a login: tokens, who we are to each authorization server, and where the tokens are renewed. */
export interface LoginRecord {
  clients: Record<string, StoredOAuthClientInformation>;
  tokens?: StoredOAuthTokens;
  discovery?: OAuthDiscoveryState;
  /** Hosts that the login went to: the keeper may go there again, to renew. */
  hosts?: string[];
  /** What the server has wanted since: rights that the next login asks for, and where it tells of itself. */
  wants?: { scope: string | null; metadata: string | null };
}

/** Where the login to a server is kept: a server of the same name elsewhere has another. */
export const loginName = (connector: string, url: string): string =>
  `oauth:${connector}:${new URL(url).origin}`;

/** Where the secret is kept by which a service knows us that it registered beforehand. */
export const clientSecretName = (connector: string): string => `client:${connector}`;

export const readLogin = async (secrets: Secrets, name: string): Promise<LoginRecord> =>
  (await secrets.get<LoginRecord>(name)) ?? { clients: {} };

interface ProviderOptions {
  secrets: Secrets;
  /** Name of the login. */
  name: string;
  redirectUrl: string;
  clientId: string | null;
  clientSecret: string | null;
  scopes: string | null;
  /** Sends the user to the address; throws where there is no user. */
  redirect: (url: URL) => void;
}

/** What the SDK's flow needs: it keeps what must last with the secrets, and the rest for itself. */
export interface LoginProvider extends OAuthClientProvider {
  /** What the answer has to carry (RFC 6749, section 10.12). */
  readonly expectedState: string;
}

export function loginProvider(options: ProviderOptions): LoginProvider {
  const { secrets, name, redirectUrl, clientId, clientSecret, scopes, redirect } = options;
  const expectedState = randomBytes(24).toString('base64url');
  let verifier = '';
  const change = async (how: (record: LoginRecord) => LoginRecord): Promise<void> =>
    secrets.set(name, how(await readLogin(secrets, name)));
  return {
    expectedState,
    redirectUrl,
    clientMetadata: clientMetadata(redirectUrl, scopes),
    state: () => expectedState,
    clientInformation: async (context?: OAuthClientInformationContext) => {
      if (clientId !== null) return ownClient(clientId, clientSecret);
      const { clients } = await readLogin(secrets, name);
      return context === undefined ? undefined : clients[context.issuer];
    },
    saveClientInformation: (information, context) =>
      change((record) => ({
        ...record,
        clients: { ...record.clients, [context?.issuer ?? '']: information },
      })),
    tokens: async () => (await readLogin(secrets, name)).tokens,
    saveTokens: (tokens) => change((record) => ({ ...record, tokens })),
    redirectToAuthorization: redirect,
    saveCodeVerifier: (given) => {
      verifier = given;
    },
    codeVerifier: () => verifier,
    saveDiscoveryState: (discovery) => change((record) => ({ ...record, discovery })),
    discoveryState: async () => (await readLogin(secrets, name)).discovery,
    invalidateCredentials: async (what) => {
      if (what === 'verifier') verifier = '';
      else
        await change((record) => ({
          clients: what === 'all' || what === 'client' ? {} : record.clients,
          ...(what === 'tokens' || what === 'all' || record.tokens === undefined
            ? {}
            : { tokens: record.tokens }),
          ...(record.hosts === undefined ? {} : { hosts: record.hosts }),
        }));
    },
  };
}

/** Who we are to a service that has registered us beforehand, wherever its authorization server is. */
const ownClient = (id: string, secret: string | null): StoredOAuthClientInformation => ({
  client_id: id,
  ...(secret === null ? {} : { client_secret: secret }),
});

export function clientMetadata(redirectUrl: string, scopes: string | null): OAuthClientMetadata {
  return {
    client_name: 'cowork',
    redirect_uris: [redirectUrl],
    grant_types: ['authorization_code', 'refresh_token', DEVICE_GRANT],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
    ...(scopes === null ? {} : { scope: scopes }),
  };
}

export const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code';

/**
 * Tokens for a keeper: taken from where the login has put them, renewed when the server wants that, by one keeper at a time. Who has
 * none, or whose can't be renewed, throws ServerRefusal.
 */
export function renewedTokens(of: {
  secrets: Secrets;
  connector: string;
  url: string;
  fetch: FetchLike;
  clientId: string | null;
}): AuthProvider {
  const { secrets, connector, url, fetch, clientId } = of;
  const name = loginName(connector, url);
  let used: string | undefined;
  const refusal = (why: string): ServerRefusal =>
    new ServerRefusal('login', `${why}: cowork connector login ${connector}`);
  return {
    token: async () => {
      used = (await readLogin(secrets, name)).tokens?.access_token;
      return used;
    },
    onUnauthorized: ({ response }) =>
      secrets.alone(async () => {
        await response.body?.cancel();
        const { tokens } = await readLogin(secrets, name);
        if (tokens === undefined) throw refusal('it wants you to log in');
        if (tokens.access_token !== used) return; // another keeper has renewed them
        if (tokens.refresh_token === undefined) throw refusal('your login has run out');
        const provider = loginProvider({
          ...{ secrets, name, clientId, scopes: null, redirectUrl: 'http://127.0.0.1/callback' },
          clientSecret: (await secrets.get<string>(clientSecretName(connector))) ?? null,
          redirect: () => {
            throw refusal('your login has run out');
          },
        });
        const outcome = await auth(provider, { serverUrl: url, fetchFn: fetch }).catch((error: unknown) => {
          if (error instanceof ServerRefusal) throw error;
          throw refusal(
            `your login could not be renewed (${error instanceof Error ? error.message : String(error)})`,
          );
        });
        if (outcome !== 'AUTHORIZED') throw refusal('your login has run out');
      }),
  };
}
