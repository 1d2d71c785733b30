import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { expect, onTestFinished, test } from 'vitest';
import { openDesk, PROGRAM } from '../support/cowork.ts';

const FOLDER = join(import.meta.dirname, '../../examples/cowork-plugin');

test('cowork as a plugin is loaded without a finding, and its skill names only tools that its server has', async () => {
  const desk = openDesk();
  expect((await desk.cowork(['plugin', 'validate', FOLDER])).code).toBe(0);
  await desk.json('plugin', 'add', FOLDER, '--yes');
  expect(await desk.json('plugin', 'list')).toMatchObject([
    { name: 'cowork', consent: 'given', findings: [] },
  ]);
  const { mcpServers } = JSON.parse(readFileSync(join(FOLDER, '.mcp.json'), 'utf8'));
  expect(mcpServers.teams.command).toBe('cowork');
  const client = new Client({ name: 'test', version: '1' });
  const env = Object.fromEntries(
    Object.entries(desk.env).filter((pair): pair is [string, string] => pair[1] !== undefined),
  );
  await client.connect(
    new StdioClientTransport({ command: process.execPath, args: [PROGRAM, ...mcpServers.teams.args], env }),
  );
  onTestFinished(() => client.close());
  const tools = (await client.listTools()).tools.map(({ name }) => name);
  const skill = readFileSync(join(FOLDER, 'skills/run-a-team/SKILL.md'), 'utf8');
  const named = [...skill.matchAll(/`([a-z]+_[a-z_]+)`/g)].map(([, name]) => name);
  expect(named.length).toBeGreaterThan(5);
  expect(tools).toEqual(expect.arrayContaining(named));
});
