import { plain } from '../../extensions/servers/names.ts';
import type { OfferedTool } from '../../extensions/servers/tools.ts';
import { CoworkError } from '../../protocol/errors.ts';
import type { SkillText } from '../../protocol/extensions.ts';
import { nearestName } from '../../protocol/names.ts';
import { mayCall } from '../../protocol/permits.ts';
import type { CallAnswer, ServersOffer, ServerTool } from '../../protocol/servers.ts';
import type { RosterEntry } from '../../team/team.ts';
import { plainText } from '../../text/plain.ts';
import type { Channel } from '../channel.ts';
import type { HubServer } from './hub-server.ts';
import { promptText } from './prompt-text.ts';
import { areTooMany, findTools, SEARCH, searchTool } from './search.ts';

const LIST_RESOURCES = 'list_mcp_resources';
const READ_RESOURCE = 'read_mcp_resource';
/** Most changed resources that are told at once. */
const CHANGED_MAX = 50;

/** A prompt as a person calls it: `mcp__SERVER__PROMPT`. */
export interface PromptCommand {
  fullName: string;
  description: string;
  argumentHint: string;
}

interface HubOptions {
  servers: () => readonly HubServer[];
  /** The agent as the roster has it now. */
  agent: () => Pick<RosterEntry, 'tools' | 'plan'>;
  contextTokens: number;
  channel: Pick<Channel, 'push'>;
}

/** What an agent has of all its servers together, under the names that its model uses. */
export interface Hub {
  offer(): ServersOffer;
  /** Tells the agent what it has, unless it knows. */
  tell(): void;
  call(name: string, input: Record<string, unknown>, signal: AbortSignal): Promise<CallAnswer>;
  /** A resource that the agent has read has changed: it is told with the next answer of a server. */
  updated(server: string, uri: string): void;
  prompts(): PromptCommand[];
  /** A prompt that a person calls, as a command; undefined when there is none of this name. Throws SKILL_UNKNOWN. */
  prompt(name: string, given: string): Promise<SkillText | undefined>;
}

export function createHub({ servers, agent, contextTokens, channel }: HubOptions): Hub {
  const found = new Set<string>();
  const changed = new Set<string>();
  let told = '';

  const ready = () => servers().filter(({ connection }) => connection.view.state === 'ready');
  const allowed = (): { tool: OfferedTool; at: HubServer }[] =>
    ready().flatMap((at) =>
      at.connection.view.tools.filter(({ name }) => mayCall(agent(), name)).map((tool) => ({ tool, at })),
    );
  const mayLook = (): boolean =>
    ready().some(({ server }) => mayCall(agent(), `mcp__${plain(server.fullName)}__*`));

  const offer = (): ServersOffer => {
    const all = allowed().map(({ tool: { ownName: _, isTask: __, ...tool } }): ServerTool => tool);
    const isSearched = areTooMany(all, contextTokens);
    const tools = isSearched ? [...all.filter(({ name }) => found.has(name)), searchTool(all)] : all;
    const withResources = ready().filter(({ connection }) => connection.view.resources.length > 0);
    if (withResources.length > 0 && mayLook()) tools.push(...resourceTools(withResources));
    return { tools, isSettled: servers().every(({ connection }) => connection.hasSettled) };
  };

  const hub: Hub = {
    offer,
    tell: () => {
      const now = offer();
      const text = JSON.stringify(now);
      if (text === told) return;
      told = text;
      void channel.push({ type: 'servers', offer: now });
    },
    updated: (server, uri) => {
      if (changed.size < CHANGED_MAX) changed.add(`${server}  ${uri.slice(0, 1_000)}`);
    },
    call: async (name, input, signal) => withChanges(await call(name, input, signal)),
    prompts: () =>
      ready().flatMap(({ server, connection }) =>
        connection.view.prompts.map((prompt) => ({
          fullName: `mcp__${plain(server.fullName)}__${plain(prompt.name)}`,
          description: prompt.description,
          argumentHint: prompt.arguments
            .map(({ name, isRequired }) => (isRequired ? `<${name}>` : `[${name}]`))
            .join(' '),
        })),
      ),
    prompt: (name, given) => promptText(ready(), name, given),
  };

  /** Without waking anybody: a resource that changes all the time costs nothing. */
  const withChanges = (answer: CallAnswer): CallAnswer => {
    if (changed.size === 0) return answer;
    const text = `[changed since you read it: ${[...changed].join(', ')}]`;
    changed.clear();
    return { ...answer, content: [...answer.content, { type: 'text', text }] };
  };

  const call: Hub['call'] = async (name, input, signal) => {
    const { plan } = agent();
    if (plan !== undefined && plan !== 'approved')
      throw new CoworkError('TOOL_REFUSED', 'Its plan is not approved yet.');
    if (name === SEARCH) return search(String(input.query ?? ''));
    if (name === LIST_RESOURCES) return listResources(ready(), input.server);
    if (name === READ_RESOURCE) return readResource(ready(), input, signal);
    const meant = allowed().find(({ tool }) => tool.name === name);
    if (meant === undefined) throw unknownTool(name);
    const { at, tool } = meant;
    const title = at.server.fullName;
    let last = 0;
    try {
      return await at.connection.call(tool.ownName, input, {
        signal,
        onProgress: (text) => {
          const now = performance.now();
          if (now - last < 1_000) return;
          last = now;
          say(`${title}: ${plainText(text)}`);
        },
      });
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      return { content: [{ type: 'text', text: `${title}: ${why.slice(0, 1_000)}` }], isError: true };
    }
  };

  const say = (text: string): void => void channel.push({ type: 'server-says', text, isTrouble: false });

  const search = (query: string): CallAnswer => {
    const hits = findTools(
      allowed().map(({ tool }) => tool),
      query,
    );
    for (const { name } of hits) found.add(name);
    const lines = hits.map(
      ({ name, description }) => `${name}: ${description.replaceAll(/\s+/g, ' ').slice(0, 300)}`,
    );
    const text =
      lines.length === 0
        ? 'Nothing fits. Try other words.'
        : `You can call these from your next reply on:\n${lines.join('\n')}`;
    const now = offer();
    told = JSON.stringify(now);
    return { content: [{ type: 'text', text }], isError: false, offer: now };
  };

  const unknownTool = (name: string): CoworkError => {
    const names = allowed().map(({ tool }) => tool.name);
    const nearest = nearestName(name, names);
    const hint =
      nearest === undefined
        ? 'See `cowork connector list` for how its servers fare.'
        : `Did you mean ${nearest}?`;
    return new CoworkError('SERVER_TOOL_UNKNOWN', `There is no tool ${name.slice(0, 200)} now.`, { hint });
  };
  return hub;
}

function resourceTools(servers: readonly HubServer[]): ServerTool[] {
  const names = servers.map(({ server }) => server.fullName).join(', ');
  return [
    {
      name: LIST_RESOURCES,
      description: `Lists what MCP servers have to read: ${names}.`,
      inputSchema: { type: 'object', properties: { server: { type: 'string' } } },
    },
    {
      name: READ_RESOURCE,
      description: 'Reads a resource of an MCP server, by its address (uri).',
      inputSchema: {
        type: 'object',
        properties: { server: { type: 'string' }, uri: { type: 'string' } },
        required: ['server', 'uri'],
      },
    },
  ];
}

function listResources(servers: readonly HubServer[], wanted: unknown): CallAnswer {
  const meant = servers.filter(({ server }) => wanted === undefined || server.fullName === wanted);
  const lines = meant.flatMap(({ server, connection }) =>
    connection.view.resources.map(
      ({ uri, name, description }) =>
        `${server.fullName}  ${uri}  ${name}  ${description.replaceAll(/\s+/g, ' ')}`,
    ),
  );
  const text = lines.length === 0 ? 'There are none.' : lines.join('\n');
  return { content: [{ type: 'text', text }], isError: false };
}

async function readResource(
  servers: readonly HubServer[],
  { server, uri }: Record<string, unknown>,
  signal: AbortSignal,
): Promise<CallAnswer> {
  const meant = servers.find((each) => each.server.fullName === server);
  const text = (said: string): CallAnswer => ({ content: [{ type: 'text', text: said }], isError: true });
  if (meant === undefined) return text(`There is no server ${JSON.stringify(server)} with resources now.`);
  try {
    return { content: await meant.connection.read(String(uri ?? ''), signal), isError: false };
  } catch (error) {
    return text((error instanceof Error ? error.message : String(error)).slice(0, 2_000));
  }
}
