import { expect, test } from 'vitest';
import { createNotes } from '../../../src/extensions/finding.ts';
import type { SetOption } from '../../../src/extensions/install/options.ts';
import { readHooks } from '../../../src/extensions/load/hooks.ts';
import { readMcpServers } from '../../../src/extensions/load/mcp-servers.ts';
import type { TeamHook } from '../../../src/extensions/use/hooks-of-team.ts';
import { withOptions } from '../../../src/keeper/plugin-options.ts';
import { filledServer } from '../../../src/keeper/servers/definition.ts';
import type { HookOffer } from '../../../src/protocol/hooks.ts';

const options: SetOption[] = [
  { key: 'place', value: `x; touch /tmp/never \${HOME}`, isSensitive: false, type: 'string' },
  { key: 'tags', value: ['a b', 'c'], isSensitive: false, type: 'string' },
  { key: 'token', value: 'sk-1', isSensitive: true, type: 'string' },
  { key: 'other', value: 'sk-2', isSensitive: true, type: 'string' },
  { key: 'empty', value: '', isSensitive: false, type: 'string' },
];

function filled(server: object) {
  const [read] = readMcpServers({ s: server }, '.mcp.json', createNotes());
  if (read === undefined) throw new Error('it is no server');
  return filledServer(
    { ...read, fullName: 's', source: null, scope: 'user', whyNot: null },
    { places: { root: () => '', data: () => '', fill: (text) => text }, project: '/p', env: {}, options },
  );
}

test('a server gets the values of its plugin; a secret only where it names it', () => {
  const { start, unset } = filled({
    command: 'serve',
    args: [`\${user_config.place}`, `\${user_config.tags}`, `-t=\${user_config.tags}`, `\${user_config.no}`],
    env: { KEY: `\${user_config.token}`, REST: `\${user_config.empty:-rest}` },
  });
  expect(start.args).toEqual([`x; touch /tmp/never \${HOME}`, 'a b', 'c', '-t=a b,c', `\${user_config.no}`]);
  expect(start.env).toEqual({
    CLAUDE_PROJECT_DIR: '/p',
    CLAUDE_PLUGIN_OPTION_PLACE: `x; touch /tmp/never \${HOME}`,
    CLAUDE_PLUGIN_OPTION_TAGS: 'a b,c',
    CLAUDE_PLUGIN_OPTION_TOKEN: 'sk-1',
    CLAUDE_PLUGIN_OPTION_EMPTY: '',
    KEY: 'sk-1',
    REST: 'rest',
  });
  expect(unset).toEqual(['user_config.no']);
  expect(JSON.stringify(filled({ command: 'serve' }))).not.toContain('sk-');
  const { url, headers } = filled({
    url: `https://a.example/\${user_config.tags}`,
    headers: { k: `\${user_config.other}` },
  });
  expect([url, headers]).toEqual(['https://a.example/a b,c', { k: 'sk-2' }]);
});

function hooked(handler: object) {
  const [hook] = readHooks({ Stop: [{ hooks: [handler] }] }, 'hooks.json', createNotes());
  // What `withOptions` looks at of both is in the handler.
  const offer = { ...hook } as unknown as HookOffer;
  return withOptions(offer, hook as unknown as TeamHook, options);
}

test('a hook gets the values of its plugin: in a shell as variables, elsewhere as they are, a secret only where it is named, and never before a model', () => {
  const shell = hooked({ type: 'command', command: `do \${user_config.place} "\${user_config.token}"` });
  expect(shell.what).toBe(`do \${CLAUDE_PLUGIN_OPTION_PLACE} "\${CLAUDE_PLUGIN_OPTION_TOKEN}"`);
  expect(shell.options).toMatchObject({ CLAUDE_PLUGIN_OPTION_TOKEN: 'sk-1' });
  expect(shell.options).not.toHaveProperty('CLAUDE_PLUGIN_OPTION_OTHER');

  const named = hooked({ type: 'command', command: 'curl -u $CLAUDE_PLUGIN_OPTION_OTHER https://a.example' });
  expect(named.options).toMatchObject({ CLAUDE_PLUGIN_OPTION_OTHER: 'sk-2' });

  const exec = hooked({
    type: 'command',
    command: './x.sh',
    args: [`\${user_config.tags}`, `\${user_config.place}`],
  });
  expect(exec.args).toEqual(['a b', 'c', `x; touch /tmp/never \${HOME}`]);
  expect(JSON.stringify(exec)).not.toContain('sk-');

  const web = hooked({
    type: 'http',
    url: 'https://a.example',
    headers: { key: `Bearer \${user_config.token}` },
  });
  expect(web.headers).toEqual({ key: 'Bearer sk-1' });

  const tool = hooked({
    type: 'mcp_tool',
    server: 's',
    tool: 't',
    input: { a: [`\${user_config.place}`, `\${user_config.token}`] },
  });
  expect(tool.input).toEqual({ a: [`x; touch /tmp/never \${HOME}`, `\${user_config.token}`] });

  const asked = hooked({ type: 'prompt', prompt: `Is \${user_config.tags} in \${user_config.token}?` });
  expect(asked.what).toBe(`Is a b,c in \${user_config.token}?`);
});
