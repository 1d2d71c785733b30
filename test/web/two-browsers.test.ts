import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { openMailbox } from '../../src/mailbox/mailbox.ts';
import { openTaskList } from '../../src/tasklist/tasklist.ts';
import { askApproval, listApprovals } from '../../src/team/approvals.ts';
import { kill, PROGRAM } from '../support/cowork.ts';
import { teamFiles } from '../support/team-files.ts';
import { NO_BROWSER, openBrowser } from './support/browser.ts';
import { openDashboard } from './support/dashboard.ts';

describe.skipIf(NO_BROWSER)('several that look at one team', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser?.close());

  async function openContext(): Promise<BrowserContext> {
    const context = await browser.newContext();
    onTestFinished(() => context.close());
    return context;
  }

  /** A browser of its own, let in, at a place. */
  async function openAt(link: string, hash: string): Promise<Page> {
    const page = await (await openContext()).newPage();
    await page.goto(link);
    await page.goto(`${new URL(link).origin}/${hash}`);
    return page;
  }

  it('give one answer to a request: the first counts, the other is told; and see what the other has dragged', async () => {
    const dir = await teamFiles();
    await askApproval(dir, { kind: 'host', agent: 'ada', incarnation: 1, what: 'a.example.org', why: '' });
    await openTaskList(dir).create({ by: 'user', incarnation: 0, subject: 'Count the words' });
    const { dashboard } = await openDashboard(dirname(dirname(dir)));
    const [one, two] = await Promise.all([
      openAt(dashboard.link('full'), '#/mine/requests'),
      openAt(dashboard.link('full'), '#/mine/requests'),
    ]);
    // The second has pressed already, but its word is on the way until the first is through.
    const isThrough = Promise.withResolvers<void>();
    const isSent = Promise.withResolvers<void>();
    await two.route('**/approvals/a1', async (route) => {
      isSent.resolve();
      await isThrough.promise;
      await route.continue();
    });
    await two.getByRole('button', { name: 'Deny', exact: true }).click();
    await isSent.promise;
    await one.getByRole('button', { name: 'Allow', exact: true }).click();
    await one.getByText('Nobody asks for anything').waitFor();
    await two.getByText('Nobody asks for anything').waitFor();
    isThrough.resolve();
    await two.getByRole('alert').getByText('Request a1 is settled already').waitFor();
    expect(listApprovals(dir)).toMatchObject([{ id: 'a1', state: 'allowed' }]);
    expect(await one.getByRole('alert').count()).toBe(0);

    await one.keyboard.press('1');
    await two.keyboard.press('1');
    await one.getByRole('button', { name: /Count the words/ }).hover();
    await one.mouse.down();
    await one.mouse.move(5, 5, { steps: 3 });
    const box = await one.locator('[data-drop="agent:ben"]').boundingBox();
    await one.mouse.move((box?.x ?? 0) + 10, (box?.y ?? 0) + 10, { steps: 3 });
    await one.mouse.up();
    await one.getByRole('button', { name: 'Do it' }).click();
    await two.getByRole('region', { name: 'Open, 1 tasks' }).getByText('ben').waitFor();
  });

  it('lose and repeat nothing when `cowork web` is killed and another one comes to its place', async () => {
    const dir = await teamFiles();
    const home = dirname(dirname(dir));
    const serve = async (port: number) => {
      const args = [PROGRAM, 'web', '--json', '--port', String(port)];
      const web = spawn(process.execPath, args, { env: { ...process.env, COWORK_HOME: home } });
      onTestFinished(() => void (web.pid && kill(web.pid)));
      const [line] = (await once(web.stdout, 'data')) as [Buffer];
      return { web, ...(JSON.parse(line.toString()) as { url: string; port: number }) };
    };
    const say = (text: string) => openMailbox(dir).send({ from: 'ada', to: 'ben', text, incarnation: 1 });
    await say('before.');
    const first = await serve(0);
    const context = await openContext();
    const page = await context.newPage();
    await page.goto(first.url);
    await page.goto(`${new URL(first.url).origin}/#/mine/timeline`);
    await page.getByText('before.').waitFor();
    first.web.kill('SIGKILL');
    await once(first.web, 'close');
    await page.getByText('not connected').waitFor();
    await say('meanwhile.');
    const second = await serve(first.port);
    // It knows no session of the killed one: another tab of this browser uses the new link, and this one goes on by itself.
    await page.getByText('This browser is not let in yet').waitFor();
    await (await context.newPage()).goto(second.url);
    await page.getByText('meanwhile.').waitFor();
    await say('afterwards.');
    await page.getByText('afterwards.').waitFor();
    const told = await page.locator('.timeline .mail').allInnerTexts();
    expect(told).toEqual(['afterwards.', 'meanwhile.', 'before.']);
    await page.getByText('live', { exact: true }).waitFor();
  });
});
