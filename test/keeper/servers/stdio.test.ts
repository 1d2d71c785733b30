import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import type { Approval } from '../../../src/protocol/approval.ts';
import { readServerStates } from '../../../src/team/server-states.ts';
import type { Desk } from '../../support/cowork.ts';
import { eventually as poll } from '../../support/eventually.ts';
import { writeFiles } from '../../support/files.ts';
import { type Asked, type Said, serveStrictly } from '../../support/strict/server.ts';
import { launchOn, toItsEnd } from '../../support/strict/team.ts';

/** A busy machine takes its time to start a program of Node. */
const LONG = { timeout: 180_000 };
const eventually = <Value>(what: string, look: () => Value | Promise<Value>) => poll(what, look, 60_000);
const finish: Said = { text: 'Done.', calls: [['finish_job', { summary: 'Done.', force: true }]] };
const packages = createRequire(import.meta.url);
/** The program of a reference server. */
const reference = (name: string): string =>
  join(dirname(packages.resolve(`@modelcontextprotocol/server-${name}/package.json`)), 'dist/index.js');

/** A plugin with these servers, installed and agreed to. */
export async function installServers(desk: Desk, servers: Record<string, object>): Promise<void> {
  const folder = writeFiles(join(desk.tmp, 'kit'), {
    '.claude-plugin/plugin.json': '{"name":"kit","version":"1.0.0"}',
    '.mcp.json': JSON.stringify({ mcpServers: servers }),
  });
  await desk.json('plugin', 'add', folder, '--yes');
}

const resultsOf = (asked: Asked | undefined) => {
  const content = asked?.body.messages.at(-1)?.content;
  return (Array.isArray(content) ? content : [])
    .filter(({ type }) => type === 'tool_result')
    .map(({ content: said, is_error }) => ({ said: JSON.stringify(said), isError: is_error === true }));
};
const tool = (name: string): string => `mcp__plugin_kit_all__${name}`;

test.concurrent(
  'the reference server: results of every kind, what it asks of user, model and folders, and its prompts',
  LONG,
  async ({ onTestFinished }) => {
    const server = await serveStrictly(({ role, number, last }) => {
      if (role === 'subagent')
        return { text: `sampled: ${last.includes('MCP server') ? 'asked by a server' : ''}` };
      if (last.includes('weather')) return finish;
      if (number > 2) return { text: 'I wait.', calls: [['ask_user', { question: `And ${number}?` }]] };
      if (number === 2) return { text: 'I wait.' };
      const calls: Said['calls'] = [
        [tool('echo'), { message: 'hello' }],
        [tool('get-structured-content'), { location: 'Chicago' }],
        [tool('get-tiny-image'), {}],
        [tool('get-resource-links'), { count: 2 }],
        [tool('trigger-long-running-operation'), { duration: 1, steps: 2 }],
        [tool('trigger-sampling-request'), { prompt: 'Say it', maxTokens: 10 }],
        [tool('get-roots-list'), {}],
        [tool('trigger-elicitation-request'), {}],
        [tool('echo'), { wrong: 1 }],
        ['list_mcp_resources', {}],
      ];
      return { text: 'Go.', calls };
    }, onTestFinished);
    const team = await launchOn(server, ['--teammates', '0'], onTestFinished, (desk) =>
      installServers(desk, { all: { command: 'node', args: [reference('everything')] } }),
    );
    const form = await eventually('the form', async () => {
      const open = await team.json<Approval[]>('approvals', '-t', 'mine');
      return open.find(({ kind }) => kind === 'form');
    });
    expect(form.what).toContain('plugin_kit_all:');
    expect(form.why).toMatch(/name: string/);
    expect(
      await team.refusal('approvals', 'allow', form.id, '-t', 'mine', '--note', 'nonsense=1'),
    ).toMatchObject({
      code: 'FORM_INVALID',
    });
    await team.json('approvals', 'allow', form.id, '-t', 'mine', '--note', 'name=Ada; check=yes');
    await eventually('the results', () =>
      server.asked.find(({ role, number }) => role === 'lead' && number === 2),
    );
    const lead = server.asked.filter(({ role }) => role === 'lead');
    const results = resultsOf(lead[1]);
    const [echo, structured, image, links, long, sampling, roots, elicited, , resources] = results;
    expect(results.map(({ isError }) => isError)).toEqual([...Array(8).fill(false), true, false]);
    expect(echo?.said).toContain('hello');
    expect(structured?.said).toContain('temperature');
    expect(image?.said).toContain('"media_type":"image/png"');
    expect(links?.said).toContain('[resource demo://');
    expect(long?.said).toContain('completed');
    expect(sampling?.said).toContain('sampled: asked by a server');
    expect(roots?.said).toContain(`file://${team.folder}`);
    expect(elicited?.said).toContain('Ada');
    expect(resources?.said).toContain('plugin_kit_all  ');
    expect(lead[0]?.body.tools?.map(({ name }) => name)).toContain(tool('echo'));
    const state = readServerStates(team.dir, 'lead').plugin_kit_all;
    expect(state).toMatchObject({ state: 'ready', protocol: expect.stringMatching(/^20/) });
    const sent = await team.json('send', 'lead', '/mcp__plugin_kit_all__args-prompt Oslo', '-t', 'mine');
    expect(sent).toMatchObject({ to: 'lead' });
    expect((await toItsEnd(team)).status.state).toBe('done');
    expect(server.asked.at(-1)?.all).toContain("What's weather in Oslo?");
    expect(server.refused).toEqual([]);
    const pane = readFileSync(join(team.dir, 'agents', 'lead', 'pane.cast'), 'utf8');
    expect(pane).toMatch(/MCP server plugin_kit_all: \d+ tools/);
  },
);

const rogue = join(import.meta.dirname, '../../fixtures/servers/rogue.mjs');

test.concurrent(
  'a server that breaks rules costs nobody but itself: what can be used is there, what it is and says is told',
  LONG,
  async ({ onTestFinished }) => {
    let dir = '';
    const server = await serveStrictly(async ({ role, number }) => {
      if (role !== 'lead') return { text: 'unexpected' };
      if (number > 2) return finish;
      // A first turn waits for servers that come up, but not for ever: on a busy machine they may need longer.
      await eventually('all to have come up or to have failed', () => {
        const states = readServerStates(dir, 'lead');
        return Object.keys(states).length === 3 && (number > 1 || states.plugin_kit_rogue?.state === 'ready');
      });
      const all = (name: string): [string, Record<string, unknown>] => [`mcp__plugin_kit_rogue__${name}`, {}];
      const calls: Said['calls'] =
        number === 1
          ? [all('fine'), all('gro_e_w_rter'), all('choice'), all('list'), all('long'), all('die')]
          : [all('flood')];
      return { text: 'Go.', calls };
    }, onTestFinished);
    const team = await launchOn(server, ['--teammates', '0'], onTestFinished, (desk) =>
      installServers(desk, {
        rogue: {
          command: 'node',
          args: [rogue, 'rude'],
          env: { GIVEN: `\${TOLD:-nothing} \${COWORK_HOME}` },
        },
        crash: { command: 'node', args: [rogue, 'crash'] },
        missing: { command: 'no-such-program' },
      }),
    );
    ({ dir } = team);
    expect((await toItsEnd(team)).status.state).toBe('done');
    expect(server.refused).toEqual([]);
    const lead = server.asked.filter(({ role }) => role === 'lead');
    const [fine, name, choice, list, long, die] = resultsOf(lead[1]);
    expect(fine?.said).toContain(`and nothing \${COWORK_HOME}`);
    expect(name?.said).toContain('called große wörter');
    expect(choice?.said).toContain('called choice');
    expect(list).toMatchObject({ isError: true, said: expect.stringContaining('There is no tool') });
    expect(long?.said).toMatch(/characters left out; the whole is in .*type ..image.*type ..hologram/s);
    expect(die?.isError).toBe(true);
    // It came back between the two turns, or is told to be away.
    expect(resultsOf(lead[2])[0]?.isError).toBe(true);
    const rows = await team.json<
      { name: string; agents: { state: string; said: string; reason: string }[] }[]
    >(...['connector', 'list', '-t', 'mine']);
    const of = (name: string) => rows.find((row) => row.name === `plugin_kit_${name}`)?.agents[0];
    expect(of('crash')?.said).toContain('no database here ␛[31m');
    expect(of('missing')?.said).toMatch(/no-such-program.*not found/);
    const plainly = await team.cowork(['connector', 'list', '-t', 'mine']);
    expect(plainly.stdout).toContain('(ended with 127)');
  },
);

test.concurrent(
  'many tools are searched for; an interrupt cancels a call; a server ends with its agent',
  LONG,
  async ({ onTestFinished }) => {
    const server = await serveStrictly(({ role, number, last }) => {
      if (role !== 'lead') return { text: 'unexpected' };
      if (number === 1)
        return {
          text: 'I look.',
          calls: [
            ['search_mcp_tools', { query: 'tulips water' }],
            ['search_mcp_tools', { query: 'mcp__slow__never' }],
          ],
        };
      if (number === 2) return { text: 'I water.', calls: [['mcp__garden__tool-77', { much: true }]] };
      if (number === 3) return { text: 'I hang.', calls: [['mcp__slow__never', {}]] };
      return last.includes('Stop that')
        ? finish
        : { text: 'Well.', calls: [['ask_user', { question: 'And?' }]] };
    }, onTestFinished);
    let log = '';
    const team = await launchOn(server, ['--teammates', '0'], onTestFinished, async (desk) => {
      log = join(desk.tmp, 'rogue.log');
      desk.env.COWORK_CONTEXT_TOKENS = '200000';
      await desk.cowork(['connector', 'add', 'garden', '--', 'node', rogue, 'many', log]);
      await desk.cowork(['connector', 'add', 'slow', '--env', 'GIVEN=x', '--', 'node', rogue, 'rude', log]);
    });
    await eventually('the call to run', () => server.asked.some(({ number }) => number === 3));
    await eventually('the call to be on its way', () =>
      readFileSync(join(team.dir, 'agents/lead/pane.cast'), 'utf8').includes('mcp__slow__never'),
    );
    await team.cowork(['send', 'lead', 'Stop that', '--priority', 'interrupt', '-t', 'mine']);
    expect((await toItsEnd(team)).status.state).toBe('done');
    const [first, second, third, fourth] = server.asked;
    const names = (asked: Asked | undefined) => asked?.body.tools?.map(({ name }) => name) ?? [];
    expect(names(first)).toContain('search_mcp_tools');
    expect(names(first)).not.toContain('mcp__garden__tool-77');
    expect(second?.last).toContain('mcp__garden__tool-77');
    expect(names(second)).toContain('mcp__garden__tool-77');
    expect(third?.last).toContain('called tool-77');
    expect(fourth?.last).toContain('cut off');
    await eventually('the call to be cancelled', () => readFileSync(log, 'utf8').includes('cancelled'));
    const pids = [...readFileSync(log, 'utf8').matchAll(/started (\d+)/g)].map((match) => match[1]);
    expect(pids.length).toBeGreaterThanOrEqual(2);
    await team.cowork(['stop', '-t', 'mine']);
    await eventually('the servers to be gone', () => pids.every((pid) => !existsSync(`/proc/${pid}`)));
  },
);

test.concurrent(
  'a server of the project waits for consent to exactly what it is; connectors come and go',
  LONG,
  async ({ onTestFinished }) => {
    const server = await serveStrictly(() => finish, onTestFinished);
    const write = (folder: string, command: string) =>
      writeFileSync(
        join(folder, '.mcp.json'),
        JSON.stringify({ mcpServers: { ours: { command, args: [rogue] } } }),
      );
    const team = await launchOn(server, ['--teammates', '0'], onTestFinished, async (desk) => {
      write(desk.folder, 'node');
      expect(await desk.json('connector', 'list')).toMatchObject([{ name: 'ours', isAgreed: false }]);
      expect(await desk.refusal('connector', 'allow', 'outs')).toMatchObject({
        code: 'CONNECTOR_UNKNOWN',
        hint: 'Did you mean ours?',
      });
      await desk.json('connector', 'allow', 'ours');
      write(desk.folder, 'nodejs');
      expect(await desk.json('connector', 'list')).toMatchObject([{ isAgreed: false }]);
      await desk.json('connector', 'add', 'mine', 'http://127.0.0.1:1/mcp');
      expect(await desk.refusal('connector', 'add', 'mine', 'http://127.0.0.1:1/mcp')).toMatchObject({
        code: 'CONNECTOR_INVALID',
      });
      expect(await desk.refusal('connector', 'add', 'x', 'ftp://x')).toMatchObject({
        code: 'CONNECTOR_INVALID',
      });
      await desk.json('connector', 'remove', 'mine');
    });
    expect((await toItsEnd(team)).status.state).toBe('done');
    expect(await team.json('connector', 'list', '-t', 'mine')).toMatchObject([
      { name: 'ours', whyNot: expect.stringContaining('cowork connector allow ours'), agents: [] },
    ]);
    expect(server.asked[0]?.body.tools?.some(({ name }) => name.startsWith('mcp__'))).toBe(false);
  },
);
