import { once } from 'node:events';
import { isAbsolute, join, relative } from 'node:path';
import type { Transport } from '@modelcontextprotocol/client';
import type { Negotiation } from '../../extensions/servers/client.ts';
import type { ServerConnection } from '../../extensions/servers/connection.ts';
import type { ServerView } from '../../extensions/servers/lists.ts';
import { ServerRefusal } from '../../extensions/servers/refusal.ts';
import { serversOf, type UsableServer } from '../../extensions/use/servers-of-team.ts';
import { readTeamExtensions, type TeamExtensions } from '../../extensions/use/team-extensions.ts';
import type { Approval } from '../../protocol/approval.ts';
import type { Log } from '../../protocol/log-events.ts';
import { mayUse } from '../../protocol/permits.ts';
import { findAgent, readTeam, type TeamRecord } from '../../team/team.ts';
import { plainText } from '../../text/plain.ts';
import type { Channel } from '../channel.ts';
import { grantPath } from '../grant-paths.ts';
import { pluginPlaces } from '../plugin-places.ts';
import { createUserForms, withdrawOld } from './ask-user.ts';
import { filledServer } from './definition.ts';
import { createHub, type Hub } from './hub.ts';
import type { HubServer } from './hub-server.ts';
import { optionsFor, untilSet } from './options.ts';
import { createPipes, type Pipes, Words } from './pipes.ts';
import { openServerRecords } from './records.ts';
import type { Remote } from './remote.ts';
import { createSampling, type Sampling } from './sampling.ts';

/** How long a server may take to come up, milliseconds: under emulation a program of Node takes its time. */
const START_MS = 180_000;
/** How long a call may go without progress when its server's entry does not say. */
const CALL_MS = 600_000;

/**
 * In which order it is tried which revision a server speaks. A program that is asked for it first may take that ill, and end; a service
 * that does not know the way of today may know the old one over SSE, and that only with the old greeting.
 */
export const NEGOTIATIONS: Partial<Record<UsableServer['type'], readonly Negotiation[]>> = {
  stdio: ['legacy', 'auto'],
  http: ['auto', 'legacy'],
  sse: ['legacy'],
};

/** The MCP servers of one agent. */
export interface AgentServers extends AsyncDisposable, Pick<Hub, 'call' | 'prompts' | 'prompt'> {
  /** How many are started for it. */
  readonly count: number;
  /** Whether one is coming up. */
  isStarting(): boolean;
  /** The agent's machine is there: starts them. */
  begin(): void;
  readonly pipes: Pick<Pipes, 'taker' | 'said'>;
  readonly sampling: Pick<Sampling, 'answered'>;
  /** A form or page was answered. */
  answered(approval: Approval): void;
  /** The user has agreed to a server since: starts it, unless it is there. */
  refresh(): void;
}

interface ServersOptions {
  home: string;
  dir: string;
  team: TeamRecord;
  agent: string;
  incarnation: number;
  env: NodeJS.ProcessEnv;
  extensions: TeamExtensions;
  channel: Pick<Channel, 'push'>;
  contextTokens: number;
  /** Where the agent works when it has no grant. */
  workspace: string;
  log: Log;
}

/** Opens what an agent has of servers; nothing starts before `begin`. */
export function openServers(options: ServersOptions): AgentServers {
  const { home, dir, agent, incarnation, channel, contextTokens, extensions } = options;
  const usable = (all: TeamExtensions) => serversOf(all).filter(({ whyNot }) => whyNot === null);
  let wanted = usable(extensions);
  const connected: HubServer[] = [];
  const remotes: Remote[] = [];
  const pipes = createPipes(channel);
  const forms = createUserForms({ dir, agent, incarnation });
  const sampling = createSampling({ channel, model: () => findAgent(readTeam(dir), agent).model });
  const records = openServerRecords(dir, agent);
  const hub = createHub({
    servers: () => connected,
    agent: () => findAgent(readTeam(dir), agent),
    contextTokens,
    channel,
  });
  const turn = oneByOne();
  let hasBegun = false;
  let starting: Promise<void> = Promise.resolve();
  return {
    count: wanted.length,
    isStarting: () =>
      hasBegun &&
      wanted.length > 0 &&
      (connected.length === 0 || connected.some(({ connection }) => connection.view.state === 'starting')),
    pipes,
    sampling,
    answered: forms.answered,
    call: hub.call,
    prompts: hub.prompts,
    prompt: hub.prompt,
    begin: () => {
      hasBegun = true;
      if (wanted.length > 0) start(wanted);
    },
    refresh: () => {
      const known = new Set(wanted.map(({ fullName }) => fullName));
      const more = usable(readTeamExtensions(dir)).filter(({ fullName }) => !known.has(fullName));
      wanted = [...wanted, ...more];
      if (hasBegun && more.length > 0) start(more);
    },
    [Symbol.asyncDispose]: async () => {
      await starting.catch(() => {}); // as above
      await Promise.all(connected.map(({ connection }) => connection[Symbol.asyncDispose]()));
      await Promise.all(remotes.map((remote) => remote[Symbol.asyncDispose]()));
      await records[Symbol.asyncDispose]();
    },
  };

  function start(servers: readonly UsableServer[]): void {
    const before = starting;
    starting = (async () => {
      await before.catch(() => {}); // it has been told of
      await withdrawOld({ dir, agent, incarnation });
      // Loaded only by agents that have servers: the SDK is large.
      const { connectServer } = await import('../../extensions/servers/connection.ts');
      const { createRemote } = await import('./remote.ts');
      const opened = servers.map((server) => {
        if (server.type === 'stdio') return open(server, connectServer);
        const remote = createRemote(server, options);
        remotes.push(remote);
        return open(server, connectServer, remote);
      });
      connected.push(...opened);
      hub.tell();
    })();
    starting.catch((error: unknown) => options.log('servers_failed', { reason: String(error) }));
  }

  function open(
    server: UsableServer,
    connect: typeof import('../../extensions/servers/connection.ts').connectServer,
    remote?: Remote,
  ): HubServer {
    const { fullName: name } = server;
    const words = new Words();
    let shown = '';
    const onChange = (): void => {
      const { view } = connection;
      records.note(name, view, String(words));
      const text = stateText(name, view);
      if (text !== shown && view.state !== 'starting' && view.state !== 'ended') {
        shown = text;
        void channel.push({ type: 'server-says', text, isTrouble: view.state !== 'ready' });
      }
      hub.tell();
    };
    words.onMore = () => records.note(name, connection.view, String(words));
    const connection: ServerConnection = connect({
      name,
      open: (signal, negotiation) => {
        words.begin();
        return openTransport(server, words, { signal, negotiation, remote });
      },
      ...(server.type === 'stdio' && options.team.sandbox === 'vm' && { turn }),
      untilMended: async (state, signal) => {
        if (state === 'unset') await untilSet(home, server, signal);
        else await (remote?.untilLogin(signal) ?? aborted(signal));
      },
      negotiations: NEGOTIATIONS[server.type] ?? ['auto'],
      handlers: {
        roots: () => rootsOf(options, server),
        elicit: (asked, signal) => forms.ask(name, asked, signal),
        sample: (prompt, signal) => sampling.ask(name, prompt, signal),
      },
      startMs: START_MS,
      callMs: server.timeoutMs ?? CALL_MS,
      lastWords: () => String(words),
      onUpdated: (uri) => hub.updated(name, uri),
      // It tells of its first state before it is there.
      onChange: () => queueMicrotask(onChange),
    });
    return { server, connection };
  }

  async function openTransport(
    server: UsableServer,
    words: Words,
    how: { signal: AbortSignal; negotiation: Negotiation; remote: Remote | undefined },
  ): Promise<Transport> {
    const { team, env, workspace } = options;
    const values = await optionsFor(options, server, (path) => shownPath(options, path));
    const project = team.grants[0] === undefined ? workspace : grantPath(team, team.grants[0], workspace);
    const { start, url, headers, unset } = filledServer(server, {
      ...{ places: pluginPlaces({ home, dir, sandbox: team.sandbox }), project, env, options: values },
    });
    if (unset.length > 0) words.add(`(not set: ${unset.join(', ')})\n`);
    if (how.remote !== undefined) return how.remote.open(url, headers, how.negotiation);
    if (!mayUse(findAgent(team, agent), 'bash')) {
      throw new ServerRefusal('failed', 'this agent may run no programs, and so no servers in its machine');
    }
    const { pipeTransport } = await import('../../extensions/servers/pipe-transport.ts');
    return pipeTransport(await pipes.start(start, words, how.signal));
  }
}

/**
 * In a machine with one processor servers come up one after the other: side by side each would take as long as all, and longer than one
 * may.
 */
function oneByOne(): (signal: AbortSignal) => Promise<() => void> {
  let last: Promise<void> = Promise.resolve();
  return async (signal) => {
    const before = last;
    const { promise, resolve } = Promise.withResolvers<void>();
    last = promise;
    signal.addEventListener('abort', () => resolve(), { once: true });
    await before;
    return resolve;
  };
}

/** Where the agent sees a path of the host; as it is when no grant holds it. */
function shownPath({ team, workspace }: ServersOptions, path: string): string {
  for (const grant of team.grants) {
    const below = relative(grant.path, path);
    if (below !== '..' && !below.startsWith('../') && !isAbsolute(below))
      return join(grantPath(team, grant, workspace), below);
  }
  return path;
}

const aborted = (signal: AbortSignal): Promise<unknown> =>
  signal.aborted ? Promise.resolve() : once(signal, 'abort');

/** Folders as the server sees them; one that runs elsewhere sees none, and is told of none. */
function rootsOf(
  { team, workspace }: ServersOptions,
  { type }: UsableServer,
): { uri: string; name: string }[] {
  if (type !== 'stdio') return [];
  return team.grants.map((grant) => ({
    uri: new URL(`file://${grantPath(team, grant, workspace)}`).href,
    name: grant.name,
  }));
}

function stateText(name: string, { state, reason, tools, prompts, resources }: ServerView): string {
  const why = reason === '' ? '' : `: ${plainText(reason.replaceAll(/\s+/g, ' ')).slice(0, 500)}`;
  if (state !== 'ready') return `MCP server ${name}: ${state}${why}`;
  const counts = [
    [tools.length, 'tools'],
    [prompts.length, 'prompts'],
    [resources.length, 'resources'],
  ] as const;
  const has = counts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
  return `MCP server ${name}: ${has.join(', ') || 'nothing to use'}${why}`;
}
