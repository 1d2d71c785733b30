import type { Notes } from '../finding.ts';
import { isObject, kindOf, strings } from '../format/text.ts';

const REMOTE = ['http', 'streamable-http', 'sse', 'ws'];

/** A server of the Model Context Protocol, as a plugin asks for it. */
export interface McpServer {
  name: string;
  type: 'stdio' | 'http' | 'streamable-http' | 'sse' | 'ws';
  /** Program and arguments of a stdio server. */
  command: string;
  args: string[];
  env: Record<string, string>;
  /** Address of a remote one. */
  url: string;
  headers: Record<string, string>;
  /** Of one that the user has added: a command of this host that prints more headers. */
  headersHelper?: string;
  /** How long a call may go without progress, milliseconds; null: as usual. */
  timeoutMs?: number | null;
  /** Of a remote one: how it wants to be logged in to, as far as its author says. */
  oauth?: OAuthWords | null;
  /** False for a placeholder that its author left for others to fill. */
  isConfigured: boolean;
  file: string;
}

/** What a client need not find out when it logs in. */
export interface OAuthWords {
  clientId: string | null;
  callbackPort: number | null;
  scopes: string | null;
}

/** Reads servers, with or without the wrapper `mcpServers`; what can't be used is named and left out. Programs of this host only where they `mayHelp`. */
export function readMcpServers(
  value: unknown,
  file: string,
  notes: Notes,
  { mayHelp = false }: { mayHelp?: boolean } = {},
): McpServer[] {
  if (!isObject(value)) {
    notes.warn(file, `servers can't be ${kindOf(value)}; none was read`);
    return [];
  }
  if (Object.hasOwn(value, 'mcpServers')) return readMcpServers(value.mcpServers, file, notes, { mayHelp });
  return Object.entries(value).flatMap(([name, server]) => {
    if (name === '$schema' || name === 'inputs') return [];
    return readServer(name, server, file, notes, mayHelp) ?? [];
  });
}

function readServer(
  name: string,
  server: unknown,
  file: string,
  notes: Notes,
  mayHelp: boolean,
): McpServer | undefined {
  const leave = (reason: string): undefined => {
    notes.warn(file, `server ${JSON.stringify(name)}: ${reason}; it was left out`);
  };
  if (!isObject(server)) return leave(`it can't be ${kindOf(server)}`);
  const type = server.type ?? (server.url === undefined ? 'stdio' : 'http');
  if (type !== 'stdio' && !REMOTE.includes(String(type)))
    return leave(`there is no type ${JSON.stringify(type)}`);
  const text = (field: string): string => (typeof server[field] === 'string' ? server[field].trim() : '');
  const what = type === 'stdio' ? text('command') : text('url');
  const field = type === 'stdio' ? 'command' : 'url';
  if (what === '') {
    if (server[field] === undefined) return leave(`a server of type ${type} needs "${field}"`);
    notes.warn(file, `server ${JSON.stringify(name)}: "${field}" is empty; it is not configured`);
  } else if (type !== 'stdio' && !/^\$\{|^(https?|wss?):\/\//i.test(what))
    return leave(`${JSON.stringify(what)} is no address`);
  const helper = type === 'stdio' ? '' : text('headersHelper');
  if (server.headersHelper !== undefined && !mayHelp)
    notes.warn(
      file,
      `server ${JSON.stringify(name)}: "headersHelper" is a program for this host, and runs for connectors of your own only: cowork connector add ${JSON.stringify(name)} ADDRESS --headers-helper COMMAND`,
    );
  return {
    name,
    type: type as McpServer['type'], // one of the types, as just checked
    command: type === 'stdio' ? what : '',
    args: strings(server.args),
    env: texts(server.env),
    url: type === 'stdio' ? '' : what,
    headers: texts(server.headers),
    timeoutMs: millisecondsOf(server.timeout),
    oauth: oauthOf(server.oauth),
    ...(helper === '' || !mayHelp ? {} : { headersHelper: helper }),
    isConfigured: what !== '',
    file,
  };
}

const millisecondsOf = (value: unknown): number | null =>
  typeof value === 'number' && Number.isFinite(value) && value >= 1 ? Math.min(value, 86_400_000) : null;

function oauthOf(value: unknown): OAuthWords | null {
  if (!isObject(value)) return null;
  const { clientId, callbackPort, scopes } = value;
  return {
    clientId: typeof clientId === 'string' && clientId !== '' ? clientId : null,
    callbackPort: Number.isInteger(callbackPort) ? Number(callbackPort) : null,
    scopes: Array.isArray(scopes) ? strings(scopes).join(' ') : typeof scopes === 'string' ? scopes : null,
  };
}

function texts(value: unknown): Record<string, string> {
  if (!isObject(value)) return {};
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, text]) => text !== null && typeof text !== 'object')
      .map(([key, text]) => [key, String(text)]),
  );
}
