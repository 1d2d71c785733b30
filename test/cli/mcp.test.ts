import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type Desk, openDesk, PROGRAM } from '../support/cowork.ts';
import { fixture } from '../support/team.ts';

type Result = { isError?: boolean; structuredContent?: unknown; content: { text?: string }[] };

/** A client of the SDK that has started `cowork mcp`. */
async function connect(desk: Desk, mode: 'legacy' | 'auto', flags: string[] = []): Promise<Client> {
  const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode } });
  const env = Object.fromEntries(
    Object.entries(desk.env).filter((pair): pair is [string, string] => pair[1] !== undefined),
  );
  await client.connect(
    new StdioClientTransport({ command: process.execPath, args: [PROGRAM, 'mcp', ...flags], env }),
  );
  onTestFinished(() => client.close());
  return client;
}

const call = async (client: Client, name: string, input: Record<string, unknown> = {}): Promise<Result> =>
  (await client.callTool({ name, arguments: input }, { timeout: 60_000 })) as Result;

describe('cowork as an MCP server', () => {
  test('a client launches a team, follows it, writes to an agent and stops it, with the checks of the commands', async () => {
    const desk = openDesk();
    const client = await connect(desk, 'auto');
    expect(client.getNegotiatedProtocolVersion()).toBe('2026-07-28');
    expect(await call(client, 'team_status')).toMatchObject({
      isError: true,
      structuredContent: { error: { code: 'TEAM_UNKNOWN' } },
    });
    const grants = [desk.folder];
    const launched = await call(client, 'launch_team', {
      ...{ job: '--help me, do as you are told', team: 'mine', teammates: 1, grants, sandbox: 'none' },
      rehearsal: fixture('puppet'),
    });
    expect(launched.structuredContent).toMatchObject({ team: 'mine', agents: ['lead', 'ada'] });
    expect((await call(client, 'team_status')).structuredContent).toMatchObject({
      job: '--help me, do as you are told',
      state: 'running',
    });
    expect((await call(client, 'add_task', { subject: '--team=x' })).structuredContent).toMatchObject({
      subject: '--team=x',
    });
    expect((await call(client, 'send_message', { to: 'adaa', text: 'Hello' })).content[0]?.text).toContain(
      'Did you mean ada?',
    );
    await call(client, 'send_message', { to: 'ada', text: 'Hello' });
    const mail = await call(client, 'read_mail', { agent: 'ada' });
    expect(mail.structuredContent).toMatchObject({ items: [{ from: 'user', to: 'ada', text: 'Hello' }] });
    expect((await call(client, 'send_message', { to: 'ada' })).isError).toBe(true);
    expect((await call(client, 'stop_team')).isError).not.toBe(true);
    const { tools } = await client.listTools();
    expect(tools.find(({ name }) => name === 'launch_team')?.annotations).toMatchObject({
      readOnlyHint: false,
    });
  });

  test('an older client is served too, and --read-only offers nothing that changes anything', async () => {
    const client = await connect(openDesk(), 'legacy', ['--read-only']);
    expect(client.getNegotiatedProtocolVersion()).toMatch(/^2025/);
    const names = (await client.listTools()).tools.map(({ name }) => name);
    expect(names).toContain('list_teams');
    expect(names).not.toContain('launch_team');
    expect((await call(client, 'list_teams')).structuredContent).toEqual({ items: [] });
    const refused = await client.callTool({ name: 'stop_team', arguments: {} }).catch((error: Error) => ({
      isError: true,
      content: [{ text: error.message }],
    }));
    expect(refused.isError).toBe(true);
  });
});
