import { setTimeout as delay } from 'node:timers/promises';
import { login } from '../../../src/cli/connectors/login.ts';
import { clientSecretName } from '../../../src/extensions/connectors/oauth.ts';
import { openSecrets } from '../../../src/extensions/connectors/secrets.ts';
import { connectServer } from '../../../src/extensions/servers/connection.ts';
import { readForm } from '../../../src/extensions/servers/form.ts';
import type { UsableServer } from '../../../src/extensions/use/servers-of-team.ts';
import { createRemote } from '../../../src/keeper/servers/remote.ts';
import { NEGOTIATIONS } from '../../../src/keeper/servers/servers.ts';

/** A scenario of the official suite, as it tells a client. */
export interface Scenario {
  url: string;
  context: {
    /** Who the client is to the service. */
    client_id?: string;
    client_secret?: string;
    /** What to call, and with what. */
    toolCalls?: { name: string; arguments: Record<string, unknown> }[];
  };
}

const NAME = 'suite';
const PLAY_MS = 60_000;
/** How often a person is asked in vain before they leave it. */
const LOGINS = 3;

/**
 * Does with a server of the suite what a keeper and its user would: connects, logs in with a browser when that is wanted, and uses every
 * tool that is there, or those that the scenario names. Gives what came of each; throws when the server can't be used.
 */
export async function play({ url, context }: Scenario, { home, dir }: { home: string; dir: string }) {
  const signal = AbortSignal.timeout(PLAY_MS);
  const { client_id: clientId, client_secret: clientSecret } = context;
  if (clientSecret !== undefined) await openSecrets(home).set(clientSecretName(NAME), clientSecret);
  const server: UsableServer = {
    ...{ name: NAME, fullName: NAME, type: 'http', url, command: '', args: [], env: {}, headers: {} },
    ...{ file: '', source: null, scope: 'user', whyNot: null, isConfigured: true },
    oauth: { clientId: clientId ?? null, callbackPort: null, scopes: null },
  };
  const remote = createRemote(server, {
    ...{ home, dir, agent: 'lead', incarnation: 1, env: process.env, log: () => {} },
  });
  const connection = connectServer({
    name: NAME,
    open: (_, negotiation) => remote.open(url, {}, negotiation),
    negotiations: NEGOTIATIONS.http ?? [],
    handlers: {
      roots: () => [],
      elicit: async ({ fields, required }) => {
        const read = readForm('', fields ?? {}, required);
        return 'content' in read ? { action: 'accept', content: read.content } : { action: 'decline' };
      },
      sample: async () => ({ text: 'Yes.', model: 'a-model' }),
    },
    ...{ startMs: PLAY_MS, callMs: PLAY_MS },
    untilMended: (_, signal) => remote.untilLogin(signal),
    onChange: () => {},
  });
  let logins = 0;
  const logIn = () =>
    login(
      NAME,
      server,
      { device: false },
      {
        ...{ home, env: process.env, signal },
        say: () => {},
        browse: async (at) => (await fetch(at)).ok,
      },
    );
  const untilReady = async (): Promise<void> => {
    for (; connection.view.state !== 'ready'; await delay(20)) {
      const { state, reason } = connection.view;
      const isDown = state === 'failed' || (state === 'starting' && reason !== '');
      if (signal.aborted || isDown || (state === 'login' && ++logins > LOGINS))
        throw new Error(`${state}: ${reason}`);
      if (state !== 'login') continue;
      await logIn();
      // The keeper looks for it every few seconds.
      while (connection.view.state === 'login' && connection.view.reason === reason && !signal.aborted)
        await delay(20);
    }
  };
  const use = async (name: string, input: Record<string, unknown>): Promise<string> => {
    const answer = await connection
      .call(name, input, { signal, onProgress: () => {} })
      .catch((error: Error) => ({ isError: true, content: error.message }));
    const said = JSON.stringify(answer.content);
    if (!said.includes('cowork connector login') || ++logins > LOGINS) return said;
    await logIn();
    return use(name, input);
  };
  try {
    await untilReady();
    const calls =
      context.toolCalls ??
      connection.view.tools.map(({ ownName }) => ({ name: ownName, arguments: { a: 5, b: 3 } }));
    const results: string[] = [];
    for (const { name, arguments: input } of calls) results.push(`${name}: ${await use(name, input)}`);
    return results;
  } finally {
    await connection[Symbol.asyncDispose]();
    await remote[Symbol.asyncDispose]();
  }
}
