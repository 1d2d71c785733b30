import type { Case, Content } from './case.ts';

const hooks = (content: Content, title: string, brings: string, ...says: RegExp[]): Case => ({
  title: `hooks: ${title}`,
  files: { '.claude-plugin/plugin.json': { name: 'p' }, 'hooks/hooks.json': content },
  state: says.length > 0 ? 'warnings' : 'loaded',
  brings,
  says,
});
const servers = (content: Content, title: string, brings: string, ...says: RegExp[]): Case => ({
  title: `servers: ${title}`,
  files: { '.claude-plugin/plugin.json': { name: 'p' }, '.mcp.json': content },
  state: says.length > 0 ? 'warnings' : 'loaded',
  brings,
  says,
});
const manifest = (
  given: object,
  files: Record<string, Content>,
  title: string,
  brings: string,
  ...says: RegExp[]
): Case => ({
  title,
  files: { '.claude-plugin/plugin.json': { name: 'p', ...given }, ...files },
  state: says.length > 0 ? 'warnings' : 'loaded',
  brings,
  says,
});
const run = { type: 'command', command: './x.sh' };
const on = (matcher: unknown, handler: unknown = run) => ({
  hooks: { PreToolUse: [{ matcher, hooks: [handler] }] },
});

/** Hooks and servers. */
export const TABLES: Case[] = [
  hooks(
    { hooks: { PreToolUse: [{ matcher: 'Bash', hooks: [run] }] } },
    'the usual shape',
    'hook PreToolUse Bash',
  ),
  hooks(
    { description: 'd', $schema: 's', hooks: { Stop: [{ hooks: [run] }] } },
    'with a description',
    'hook Stop *',
  ),
  hooks({ PreToolUse: [{ matcher: 'Bash', hooks: [run] }] }, 'without the wrapper', 'hook PreToolUse Bash'),
  hooks([], 'an empty list', ''),
  hooks({ hooks: {} }, 'an empty object', ''),
  hooks({}, 'nothing at all', ''),
  hooks({ hooks: [] }, 'an empty list in the wrapper', ''),
  hooks(
    [{ event: 'PreToolUse', matcher: 'Bash', command: './x.sh' }],
    'a list with events',
    'hook PreToolUse Bash',
  ),
  hooks(
    { hooks: [{ event: 'Stop', type: 'command', command: 'x' }] },
    'a list in the wrapper',
    'hook Stop *',
  ),
  hooks([{ command: 'x' }], 'a list without events', '', /hook 1 of the list names no event/),
  hooks({ hooks: { Stop: { hooks: [run] } } }, 'a group that is no list', 'hook Stop *'),
  hooks({ hooks: { Stop: [run] } }, 'a handler in place of a group', 'hook Stop *'),
  hooks({ hooks: { Stop: [{ hooks: [{ command: 'x' }] }] } }, 'a handler without type', 'hook Stop *'),
  hooks({ hooks: { Stop: 'x.sh' } }, 'a handler as text', '', /a hook can't be a string/),
  hooks(
    { hooks: { Stop: [{ hooks: ['x.sh'] }] } },
    'a handler as text in a group',
    '',
    /a handler can't be a string/,
  ),
  hooks(
    { hooks: { BeforeTool: [{ hooks: [run] }], Stop: [{ hooks: [run] }] } },
    'an unknown event',
    'hook Stop *',
    /no event "BeforeTool"/,
  ),
  hooks({ hooks: {}, extra: 1 }, 'an extra key', '', /"extra" beside "hooks"/),
  hooks(on('Edit|Write'), 'a list of names', 'hook PreToolUse Edit|Write'),
  hooks(on('mcp__.*'), 'a regular expression', 'hook PreToolUse mcp__.*'),
  hooks(on('('), 'a matcher that is no expression', '', /"\(" is no regular expression/),
  hooks(on(7), 'a matcher that is a number', '', /matcher can't be a number/),
  hooks(on(''), 'an empty matcher', 'hook PreToolUse *'),
  hooks(on('Bash', { type: 'http', url: 'https://x' }), 'http', 'hook PreToolUse Bash'),
  hooks(on('Bash', { type: 'prompt', prompt: 'Is it safe?' }), 'prompt', 'hook PreToolUse Bash'),
  hooks(on('Bash', { type: 'agent', prompt: 'Look.' }), 'agent', 'hook PreToolUse Bash'),
  hooks(on('Bash', { type: 'mcp_tool', server: 's', tool: 't' }), 'mcp_tool', 'hook PreToolUse Bash'),
  hooks(on('Bash', { type: 'mcp_tool', tool: 't' }), 'mcp_tool without a server', '', /needs "server"/),
  hooks(
    on('Bash', { type: 'mcp_tool', server: 's', tool: 't', input: [1] }),
    'mcp_tool with a list',
    '',
    /"input" can't be a list/,
  ),
  hooks(
    on('Bash', { type: 'http', url: 'https://x', headers: 'A: b' }),
    'headers as text',
    '',
    /"headers" can't be/,
  ),
  hooks(
    on('Bash', {
      type: 'http',
      url: 'https://x',
      headers: { 'a b': 'c', '@file': 'd', X: 'a\nB: c', Y: 'z' },
    }),
    'headers that are none',
    'hook PreToolUse Bash',
    /"a b" is no header.*left out/,
    /"@file" is no header/,
    /"X" is no header/,
  ),
  hooks(on('Bash', { type: 'python', code: 'x' }), 'an unknown type', '', /no handler of type "python"/),
  hooks(on('Bash', { type: 'command' }), 'a command without command', '', /needs "command"/),
  hooks(on('Bash', { type: 'command', command: ' ' }), 'an empty command', '', /needs "command"/),
  hooks(
    on('Bash', { ...run, args: ['a'], async: true, timeout: 5 }),
    'exec form, async, time-out',
    'hook PreToolUse Bash',
  ),
  hooks(
    on('Bash', { ...run, timeout: -1 }),
    'a negative time-out',
    'hook PreToolUse Bash',
    /"timeout" can't be -1/,
  ),
  hooks(
    on('Bash', { ...run, timeout: 1e9 }),
    'a time-out of 30 years',
    'hook PreToolUse Bash',
    /was cut to 3600 s/,
  ),
  hooks('{', 'broken JSON', '', /is no JSON.*left out/),
  hooks('null', 'null', '', /hooks can't be null/),
  hooks('\ufeff{"hooks":{}}\r\n', 'a byte order mark', ''),
  manifest({ hooks: './h.json' }, { 'h.json': on('Bash') }, 'hooks in another file', 'hook PreToolUse Bash'),
  manifest(
    { hooks: { hooks: { Stop: [{ hooks: [run] }] } } },
    { 'hooks/hooks.json': on('Bash') },
    'hooks of both places',
    'hook PreToolUse Bash, hook Stop *',
  ),
  manifest(
    { hooks: ['./h.json', { Stop: [{ hooks: [run] }] }] },
    { 'h.json': on('Bash') },
    'hooks in a list',
    'hook PreToolUse Bash, hook Stop *',
  ),
  manifest(
    { hooks: './hooks/hooks.json' },
    { 'hooks/hooks.json': on('Bash') },
    'the usual file, named too, counts once',
    'hook PreToolUse Bash',
  ),
  manifest({ hooks: './gone.json' }, {}, 'a file that is not there', '', /not there/),
  servers({ mcpServers: { a: { command: 'node', args: ['x.js'], env: { K: '1' } } } }, 'stdio', 'server a'),
  servers({ a: { command: 'node' } }, 'without the wrapper', 'server a'),
  servers(
    { mcpServers: { a: { type: 'http', url: 'https://x/mcp' }, b: { url: 'https://x' } } },
    'remote',
    'server a, server b',
  ),
  servers(
    {
      mcpServers: {
        a: { type: 'sse', url: 'https://x' },
        b: { type: 'ws', url: 'wss://x' },
        c: { type: 'streamable-http', url: 'https://x' },
      },
    },
    'all remote types',
    'server a, server b, server c',
  ),
  servers(
    { mcpServers: { a: { type: 'http', url: '' } } },
    'a placeholder',
    'server a',
    /"url" is empty; it is not configured/,
  ),
  servers(
    { mcpServers: { a: { type: 'http', url: '$'.concat('{URL}') } } },
    'an address from the environment',
    'server a',
  ),
  servers(
    { mcpServers: { a: { type: 'http', url: 'file:///etc/passwd' } } },
    'an address of a file',
    '',
    /is no address/,
  ),
  servers({ mcpServers: { a: { type: 'grpc', url: 'https://x' } } }, 'an unknown type', '', /no type "grpc"/),
  servers({ mcpServers: { a: {} } }, 'nothing in it', '', /needs "command"/),
  servers({ mcpServers: { a: { type: 'http' } } }, 'http without url', '', /needs "url"/),
  servers({ mcpServers: { a: 'x' } }, 'text in place of a server', '', /it can't be a string/),
  servers({ mcpServers: {} }, 'none', ''),
  servers([], 'a list', '', /servers can't be a list/),
  servers('{"mcpServers":', 'broken JSON', '', /is no JSON/),
  manifest(
    { mcpServers: { b: { command: 'x' } } },
    { '.mcp.json': { a: { command: 'y' } } },
    'servers of both places',
    'server a, server b',
  ),
  manifest(
    { mcpServers: { a: { command: 'x' } } },
    { '.mcp.json': { a: { command: 'y' } } },
    'servers of one name',
    'server a',
    /its name "a" is taken/,
  ),
  manifest({ mcpServers: './s.mcpb' }, { 's.mcpb': 'PK' }, 'a bundle', '', /bundles of servers are not used/),
];
