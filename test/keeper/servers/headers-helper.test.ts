import { expect, test } from 'vitest';
import { createNotes } from '../../../src/extensions/finding.ts';
import { readMcpServers } from '../../../src/extensions/load/mcp-servers.ts';
import { helperHeaders } from '../../../src/keeper/servers/headers-helper.ts';

const run = (command: string) =>
  helperHeaders(command, { name: 'crm', url: 'https://a.example/', env: process.env, cwd: '/' });

test('a command gives headers as JSON, knows for which server, and what it prints else is refused without being told', async () => {
  expect(await run('echo "{\\"x-for\\":\\"$CLAUDE_CODE_MCP_SERVER_NAME\\"}"')).toEqual({ 'x-for': 'crm' });
  for (const [command, why] of [
    ['exit 3', 'ended with 3'],
    ['echo sk-secret', 'printed no JSON'],
    ['echo "[1]"', 'printed no object of headers'],
    ['echo \'{"a":1}\'', 'printed no object of headers'],
    ['echo \'{"a b":"c"}\'', 'printed no object of headers'],
    ['printf %s \'{"a":"b\\r\\nc: d"}\'', 'printed no object of headers'],
  ]) {
    const error = await run(command ?? '').catch((reason: Error) => reason);
    expect(String(error), command).toContain(why);
    expect(String(error)).not.toContain('sk-secret');
  }
});

test('a program for this host that a plugin or project names is not taken, and says how it could be', () => {
  const notes = createNotes();
  const server = { crm: { url: 'https://a.example', headersHelper: './token.sh' } };
  const [of] = readMcpServers(server, '.mcp.json', notes);
  expect(of).not.toHaveProperty('headersHelper');
  expect(notes.findings[0]?.reason).toContain('cowork connector add "crm" ADDRESS --headers-helper COMMAND');
  const [own] = readMcpServers(server, 'connectors.json', createNotes(), { mayHelp: true });
  expect(own).toMatchObject({ headersHelper: './token.sh' });
});
