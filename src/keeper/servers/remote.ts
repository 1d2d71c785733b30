import { setTimeout as delay } from 'node:timers/promises';
import type { Transport } from '@modelcontextprotocol/client';
import { challengeIn, noteChallenge } from '../../extensions/connectors/challenge.ts';
import { loginName, readLogin, renewedTokens } from '../../extensions/connectors/oauth.ts';
import { openSecrets } from '../../extensions/connectors/secrets.ts';
import type { Negotiation } from '../../extensions/servers/client.ts';
import { ServerRefusal } from '../../extensions/servers/refusal.ts';
import { remoteTransport } from '../../extensions/servers/remote-transport.ts';
import type { UsableServer } from '../../extensions/use/servers-of-team.ts';
import { createResolver } from '../../gate/egress/dial.ts';
import { type GuardedFetch, guardedFetch, hostRule } from '../../gate/egress/guarded-fetch.ts';
import { modelServers } from '../../gate/egress/policy.ts';
import type { Log } from '../../protocol/log-events.ts';
import { readTeam } from '../../team/team.ts';
import { createEgressLog } from '../egress-log.ts';
import { helperHeaders } from './headers-helper.ts';

interface RemoteOptions {
  home: string;
  dir: string;
  agent: string;
  incarnation: number;
  env: NodeJS.ProcessEnv;
  log: Log;
}

/** A server on the network: reached from the host, by the agent's own rules of the way out. */
export interface Remote extends AsyncDisposable {
  open(url: string, headers: Record<string, string>, negotiation: Negotiation): Promise<Transport>;
  /** Resolves when there is another login than before. */
  untilLogin(signal: AbortSignal): Promise<void>;
}

/** How often it is looked whether the user has logged in, milliseconds. */
const LOOK_MS = 3_000;

export function createRemote(server: UsableServer, options: RemoteOptions): Remote {
  const { home, dir, env, log } = options;
  const { fullName: name, type, oauth } = server;
  const secrets = openSecrets(home, env);
  const egressLog = createEgressLog(options);
  let way: GuardedFetch | undefined;
  let login = '';
  return {
    open: async (given, more, negotiation) => {
      const url = URL.parse(given);
      if (url === null || !/^https?:$/.test(url.protocol))
        throw new ServerRefusal('failed', `${JSON.stringify(given.slice(0, 200))} is no address`);
      login = loginName(name, url.href);
      const own = hostRule(url);
      const { hosts = [] } = await readLogin(secrets, login);
      await way?.[Symbol.asyncDispose]();
      const guarded = guardedFetch({
        // Agreeing to a server of the host's own network takes more than a plugin: the user's own word, here or for the team.
        mayReach: (rule) =>
          (rule.text === own.text || hosts.includes(rule.text)) &&
          (!rule.isAddress || server.source === null || readTeam(dir).allowHosts.includes(rule.text)),
        modelServers: modelServers(env.ANTHROPIC_BASE_URL),
        resolve: createResolver(),
        onEvent: (event) =>
          void egressLog
            .note(event)
            .catch((error: unknown) => log('egress_log_failed', { reason: String(error) })),
      });
      way = guarded;
      const kept = await secrets.get<Record<string, string>>(`headers:${name}`);
      // What the team was launched with says which; only a connector of the user's own has one.
      const helped =
        server.headersHelper === undefined || server.scope !== 'user'
          ? {}
          : await helperHeaders(server.headersHelper, { name, url: url.href, env, cwd: home });
      const tokens = renewedTokens({
        ...{
          secrets,
          connector: name,
          url: url.href,
          fetch: guarded.fetch,
          clientId: oauth?.clientId ?? null,
        },
      });
      // What a server wants of the user is kept for their next login.
      const fetch: GuardedFetch['fetch'] = async (to, init) => {
        const response = await guarded.fetch(to, init);
        const wanted = challengeIn(response);
        if (wanted === undefined) return response;
        await noteChallenge(secrets, login, wanted);
        if (!wanted.isMore) return response;
        const what = wanted.scope === null ? 'more rights of you' : `more rights of you (${wanted.scope})`;
        throw new ServerRefusal('login', `it wants ${what}: cowork connector login ${name}`);
      };
      const isOld = type !== 'streamable-http' && negotiation === 'legacy';
      return remoteTransport({ url, isOld, headers: { ...more, ...kept, ...helped }, fetch, tokens });
    },
    untilLogin: async (signal) => {
      const before = (await readLogin(secrets, login)).tokens?.access_token;
      while (!signal.aborted) {
        await delay(LOOK_MS, undefined, { signal }).catch(() => {});
        if ((await readLogin(secrets, login)).tokens?.access_token !== before) return;
      }
    },
    [Symbol.asyncDispose]: async () => way?.[Symbol.asyncDispose](),
  };
}
