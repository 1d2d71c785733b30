import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openPluginDesk } from '../extensions/support/plugin-desk.ts';

const MARKETPLACE = join(import.meta.dirname, '..', '..', 'examples', 'marketplace');
const at = (...path: string[]): string => join(MARKETPLACE, 'plugins', ...path);

test('the example marketplace has a plugin for each kind of component, and all of them load without a warning', async () => {
  const desk = await openPluginDesk();
  expect(await desk.json('validate', MARKETPLACE)).toMatchObject({ state: 'loaded', findings: [] });
  await desk.json('marketplace', 'add', MARKETPLACE);
  const brings = {
    summaries: { skills: ['summarise'] },
    standup: { commands: ['standup'] },
    reviewer: { agents: ['reviewer'] },
    guard: { hooks: ['PreToolUse Bash|bash command'] },
    clock: { servers: ['clock'] },
    documents: { skills: ['docx', 'pdf', 'pptx', 'xlsx'] },
  };
  for (const [name, components] of Object.entries(brings)) {
    expect(await desk.json('add', name, '--yes')).toMatchObject({
      name,
      state: 'loaded',
      findings: [],
      components,
    });
  }
  expect(await desk.json<unknown[]>('list')).toHaveLength(6);
});

test('the example hook refuses what it says, with the reason', () => {
  const ask = (command: string) =>
    spawnSync(process.execPath, [at('guard', 'hooks', 'guard.mjs')], {
      input: JSON.stringify({ hook_event_name: 'PreToolUse', tool_name: 'Bash', tool_input: { command } }),
      encoding: 'utf8',
    });
  expect(ask('rm -rf build')).toMatchObject({ status: 2, stderr: expect.stringMatching(/not allowed/) });
  expect(ask('rm old.txt')).toMatchObject({ status: 0, stderr: '' });
});

test('the example server answers as the protocol says', () => {
  const messages = [
    { id: 1, method: 'initialize', params: { protocolVersion: '2025-11-25' } },
    { method: 'notifications/initialized' },
    { id: 2, method: 'tools/list' },
    { id: 3, method: 'tools/call', params: { name: 'now' } },
    { id: 4, method: 'nonsense' },
  ].map((message) => JSON.stringify({ jsonrpc: '2.0', ...message }));
  const { stdout } = spawnSync(process.execPath, [at('clock', 'server.mjs')], {
    input: `${messages.join('\n')}\n`,
    encoding: 'utf8',
  });
  const replies = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(replies).toMatchObject([
    { id: 1, result: { protocolVersion: '2025-11-25', capabilities: { tools: {} } } },
    { id: 2, result: { tools: [{ name: 'now' }] } },
    { id: 3, result: { content: [{ type: 'text', text: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) }] } },
    { id: 4, error: { code: -32601 } },
  ]);
});
