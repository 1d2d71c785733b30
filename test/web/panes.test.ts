import { dirname, join } from 'node:path';
import type { Page } from 'playwright-core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { startAgent } from '../pane/support.ts';
import { eventually } from '../support/eventually.ts';
import { teamFiles } from '../support/team-files.ts';
import { NO_BROWSER, openBrowser } from './support/browser.ts';
import { type Asker, enter, openDashboard } from './support/dashboard.ts';

/** What a hostile program prints: title, clipboard, links, markup, and requests that a terminal would answer. */
const HOSTILE = [
  String.raw`\033]0;owned\007\033]2;owned\007`,
  String.raw`\033]52;c;b3duZWQ=\007`,
  String.raw`\033]8;;javascript:top.hit=1\007press me\033]8;;\007`,
  '<img src=x onerror=top.hit=1><script>top.hit=1</script> https://evil.example/',
  String.raw`\033[21t\033]4;0;?\007\033P+q544e\033\\`,
].join(' ');

async function teamWithPane(command: string, rights: 'full' | 'read' = 'full') {
  const dir = await teamFiles();
  const agents = join(dir, 'agents');
  const agent = await startAgent('ada', command, { folder: agents });
  return { dir, agents, agent, asker: await openDashboard(dirname(dirname(dir)), rights) };
}

/** A socket as a browser opens it, with what came; `said` adds to or takes from its headers. */
function dial(asker: Asker, path: string, said: Record<string, string> = {}) {
  const headers = { cookie: asker.cookie, origin: asker.origin, ...said };
  const socket = new WebSocket(`ws://127.0.0.1:${asker.dashboard.port}${path}`, { headers });
  onTestFinished(() => socket.terminate());
  const heard = { text: '', controls: [] as { type: string }[], end: undefined as number | undefined };
  socket.on('message', (data: Buffer, isBinary) => {
    if (isBinary) heard.text += data.toString();
    else heard.controls.push(JSON.parse(data.toString()));
  });
  socket.on('close', (code) => {
    heard.end ??= code;
  });
  socket.on('unexpected-response', (_, { statusCode = 0 }) => {
    heard.end = statusCode;
    socket.terminate();
  });
  socket.on('error', () => {}); // told by `end`
  return { socket, heard };
}

async function refusalOf(asker: Asker, path: string, said?: Record<string, string>): Promise<number> {
  const { heard } = dial(asker, path, said);
  return eventually('an answer', async () => heard.end);
}

const PANE = '/api/teams/mine/panes/ada';

describe('the pane of an agent, for browsers', () => {
  it('is for who was let in, from this page only, and for agents that there are', async () => {
    const { asker } = await teamWithPane('sleep 600');
    expect(await refusalOf(asker, PANE, { cookie: '' })).toBe(401);
    expect(await refusalOf(asker, PANE, { origin: 'http://evil.example' })).toBe(403);
    expect(await refusalOf(asker, PANE, { origin: 'null' })).toBe(403);
    expect(await refusalOf(asker, PANE, { host: `evil.example:${asker.dashboard.port}` })).toBe(403);
    expect(await refusalOf(asker, PANE, { 'sec-fetch-site': 'same-site' })).toBe(403);
    for (const path of [
      '/api/teams/mine/panes/nobody',
      '/api/teams/other/panes/ada',
      '/api/nothing',
      `${PANE}/..`,
    ])
      expect(await refusalOf(asker, path), path).toBe(404);
    const { socket, heard } = dial(asker, PANE);
    socket.on('open', () => socket.send('nonsense'));
    expect(await eventually('an end', async () => heard.end)).toBe(1008);
  });

  it('takes keys of a session that may write, and neither keys nor a size of one that may look', async () => {
    const { asker, agent } = await teamWithPane('cat');
    const looker = { ...asker, cookie: await enter(asker, asker.dashboard.link('read')) };
    const [reading, writing] = [dial(looker, PANE), dial(asker, PANE)];
    for (const { socket } of [reading, writing])
      socket.on('open', () => {
        socket.send(JSON.stringify({ type: 'hello', cols: 61, rows: 17, readOnly: false }));
      });
    await eventually('both to watch', async () => (agent.pane.viewers.size === 2 ? true : undefined));
    await eventually('a size', async () => (agent.pane.size.cols === 61 ? true : undefined));
    reading.socket.send(JSON.stringify({ type: 'resize', cols: 20, rows: 5 }));
    reading.socket.send(Buffer.from('stolen\r'));
    // Its answer comes after what was sent before.
    reading.socket.send(JSON.stringify({ type: 'detach' }));
    await eventually('it to leave', async () => reading.heard.end);
    writing.socket.send(Buffer.from('honest\r'));
    await eventually('the echo', async () => (writing.heard.text.includes('honest') ? true : undefined));
    expect(agent.typed()).toBe('honest\r');
    expect(agent.pane.size.cols).toBe(61);
  });

  it.skipIf(NO_BROWSER)(
    'shows it live, types into it, and comes back with the next life of the agent',
    async () => {
      const { agents, agent, asker } = await teamWithPane(`printf 'hello %s\\n' browser; cat`);
      const page = await openPane(asker);
      await screen(page).getByText('hello browser').waitFor();
      await page.keyboard.type('typed here');
      await eventually('the keys', async () => (agent.typed() === 'typed here' ? true : undefined));
      const before = agent.pane.size.cols;
      await page.setViewportSize({ width: 700, height: 700 });
      await eventually('a smaller size', async () => (agent.pane.size.cols < before ? true : undefined));
      await page.keyboard.press('Control+]');
      expect(await page.evaluate('document.activeElement.className')).toBe('pane-line');
      await agent.stop();
      await page.getByText('its keeper is not running').waitFor();
      await startAgent('ada', `printf 'second life\\n'; cat`, { folder: agents });
      await screen(page).getByText('second life').waitFor();
      await page.getByRole('button', { name: 'Only look' }).click();
      await page.getByText('read only').waitFor();
      await page.goto(`${asker.origin}/#/mine/panes/all`);
      await screen(page).getByText('second life').waitFor();
    },
  );

  it.skipIf(NO_BROWSER)(
    'keeps what a program prints inside its frame: no title, link, clipboard, script or answer',
    async () => {
      const { asker, agent } = await teamWithPane(
        `printf '${HOSTILE.replaceAll("'", '')}'; printf '\\nall printed\\n'; cat`,
      );
      const page = await openPane(asker);
      await screen(page).getByText('all printed').waitFor();
      await page.waitForLoadState();
      await page.getByText('live', { exact: true }).waitFor();
      const asked: string[] = [];
      page.on('request', (request) => asked.push(request.url()));
      page.on('popup', () => asked.push('a window'));
      await screen(page).getByText('press me').first().click({ force: true });
      await screen(page)
        .getByText('https://evil.example')
        .first()
        .click({ force: true, modifiers: ['Control'] });
      expect(await page.title()).toBe('mine · cowork');
      expect(await page.evaluate('window.hit')).toBeUndefined();
      expect(asked).toEqual([]);
      expect(agent.typed()).toBe('');
      const frame = page.frames().find((each) => each.url().endsWith('pane.html'));
      const inside = (code: string) => frame?.evaluate(code);
      expect(await inside('self.origin')).toBe('null');
      expect(await inside(`fetch('/api/teams').then(() => 'reached', () => 'refused')`)).toBe('refused');
      expect(await inside(`try { String(parent.document) } catch { 'refused' }`)).toBe('refused');
      expect(await inside(`try { document.cookie } catch { 'refused' }`)).toBe('refused');
    },
  );
});

async function openPane(asker: Asker): Promise<Page> {
  const browser = await openBrowser();
  onTestFinished(() => browser.close());
  const page = await browser.newPage();
  await page.goto(asker.dashboard.link('full'));
  await page.goto(`${asker.origin}/#/mine/panes/ada`);
  return page;
}

/** Rows of the terminal as they are read out. */
const screen = (page: Page) => page.frameLocator('iframe[title$=ada]').locator('.xterm-rows');
