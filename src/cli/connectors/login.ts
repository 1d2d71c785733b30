import { auth, UnauthorizedError } from '@modelcontextprotocol/client';
import { wantsOf } from '../../extensions/connectors/challenge.ts';
import { clientSecretName, loginName, loginProvider, readLogin } from '../../extensions/connectors/oauth.ts';
import { openSecrets } from '../../extensions/connectors/secrets.ts';
import type { McpServer } from '../../extensions/load/mcp-servers.ts';
import { createResolver } from '../../gate/egress/dial.ts';
import { guardedFetch, hostRule } from '../../gate/egress/guarded-fetch.ts';
import { modelServers } from '../../gate/egress/policy.ts';
import { CoworkError } from '../../protocol/errors.ts';
import { type Callback, openCallback } from './callback.ts';
import { deviceLogin } from './device-login.ts';
import type { LoginContext } from './login-context.ts';

/** How long a person has to log in, milliseconds. */
const LOGIN_MS = 600_000;

export interface LoginSurroundings {
  home: string;
  env: NodeJS.ProcessEnv;
  /** Tells the person something. */
  say: (text: string) => void;
  /** Opens an address in their browser; false when there is none. */
  browse: (url: URL) => Promise<boolean>;
  signal: AbortSignal;
}

/** Logs in to a service: with the browser, which comes back to this machine, or with a code on another device. Throws CONNECTOR_LOGIN_FAILED. */
export async function login(
  name: string,
  server: Pick<McpServer, 'url' | 'oauth'>,
  how: { device: boolean },
  surroundings: LoginSurroundings,
): Promise<void> {
  const { home, env } = surroundings;
  const url = new URL(server.url);
  const secrets = openSecrets(home, env);
  const own = hostRule(url);
  await using way = guardedFetch({
    // Where a service logs people in is its own affair; addresses of this host's network are not, unless it is there itself.
    mayReach: (rule) => !rule.isAddress || (own.isAddress && rule.host === own.host),
    modelServers: modelServers(env.ANTHROPIC_BASE_URL),
    resolve: createResolver(),
    onEvent: () => {},
  });
  const context = {
    ...{ secrets, url, fetch: way.fetch, oauth: server.oauth ?? null },
    signal: AbortSignal.any([surroundings.signal, AbortSignal.timeout(LOGIN_MS)]),
    name: loginName(name, url.href),
    clientSecret: (await secrets.get<string>(clientSecretName(name))) ?? null,
    say: surroundings.say,
  };
  try {
    if (how.device) await deviceLogin(context);
    else await browserLogin(context, surroundings);
    const record = await readLogin(secrets, context.name);
    await secrets.set(context.name, {
      ...record,
      hosts: [...new Set([...(record.hosts ?? []), ...way.hosts()])],
    });
  } catch (error) {
    if (error instanceof CoworkError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new CoworkError('CONNECTOR_LOGIN_FAILED', `${name}: ${why.slice(0, 1_000)}`, { cause: error });
  }
}

/** OAuth 2.1 with PKCE; the browser comes back to a port of this machine's loopback. */
async function browserLogin(context: LoginContext, { browse, say }: LoginSurroundings): Promise<void> {
  const { secrets, name, url, fetch, oauth, clientSecret, signal } = context;
  await using callback: Callback = await openCallback(oauth?.callbackPort ?? null);
  let shown: Promise<void> = Promise.resolve();
  const provider = loginProvider({
    ...{ secrets, name, clientSecret, redirectUrl: callback.url },
    ...{ clientId: oauth?.clientId ?? null, scopes: oauth?.scopes ?? null },
    redirect: (at) => {
      if (!/^https?:$/.test(at.protocol))
        throw new Error(`the service wants you to open ${at.href.slice(0, 200)}`);
      shown = browse(at).then((isOpen) =>
        say(`${isOpen ? 'Your browser opens' : 'Open in a browser'}: ${at.href}\n`),
      );
    },
  });
  // A login of before counts for nothing now: who asks for one wants another, and so must a client that was registered for another port.
  const { scope, metadata } = await wantsOf(context, signal);
  await secrets.set(name, undefined);
  const options = {
    ...{ serverUrl: url, fetchFn: fetch },
    ...(scope !== null && !oauth?.scopes && { scope }),
    ...(metadata !== null && { resourceMetadataUrl: metadata }),
  };
  if ((await auth(provider, options)) === 'AUTHORIZED') return;
  await shown;
  const answer = await callback.answer(signal);
  if (answer.get('state') !== provider.expectedState)
    throw new UnauthorizedError('what came back is not the answer to this login (state)');
  const code = answer.get('code');
  if (code === null)
    throw new UnauthorizedError(`the service refused: ${answer.get('error') ?? 'no reason'}`);
  const iss = answer.get('iss');
  const given = { ...options, authorizationCode: code, ...(iss === null ? {} : { iss }) };
  if ((await auth(provider, given)) !== 'AUTHORIZED') throw new UnauthorizedError('no token was given');
}
