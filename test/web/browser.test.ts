import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { openMailbox } from '../../src/mailbox/mailbox.ts';
import { openTaskList } from '../../src/tasklist/tasklist.ts';
import { askApproval, listApprovals } from '../../src/team/approvals.ts';
import { VIEWS } from '../../src/web/client/views.ts';
import { serveDashboard } from '../../src/web/serve.ts';
import { eventually } from '../support/eventually.ts';
import { writeFigures } from '../support/figures.ts';
import { rosterEntry, teamFiles } from '../support/team-files.ts';
import { violations } from './support/axe.ts';
import { NO_BROWSER, openBrowser } from './support/browser.ts';
import { openDashboard } from './support/dashboard.ts';

const USER = { by: 'user', incarnation: 0 } as const;
/** Every view, of the machine and of a team. */
const HASHES = [
  ...['#/', '#/~launch', '#/~memory', '#/~schedules', '#/~plugins'],
  ...VIEWS.map(({ id }) => `#/mine/${id}`),
  '#/mine/board/graph',
];
const SCREENS = [
  { colorScheme: 'dark', width: 360, height: 740 },
  { colorScheme: 'light', width: 1280, height: 800 },
  { colorScheme: 'dark', width: 3840, height: 2160 },
] as const;
const EVIL = '<img src=x onerror="window.hit=1"><script>window.hit=1</script>\u202e';

describe.skipIf(NO_BROWSER)('the page in a browser', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser?.close());

  /** A page that was let in, and what the browser complained of. */
  async function open(dir: string, hash: string): Promise<{ page: Page; complaints: string[] }> {
    const { dashboard, origin } = await openDashboard(dirname(dirname(dir)));
    const context = await browser.newContext();
    onTestFinished(() => context.close());
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => {
      if (!request.url().startsWith(origin)) complaints.push(`asked for ${request.url()}`);
    });
    await page.goto(dashboard.link('full'));
    await page.goto(`${origin}/${hash}`);
    return { page, complaints };
  }

  it('shows a team whole, and what changes while it is open', async () => {
    const dir = await teamFiles();
    const tasks = openTaskList(dir);
    await tasks.create({ ...USER, subject: 'Count the words' });
    const { page, complaints } = await open(dir, '#/');
    await page.getByRole('link', { name: /mine/ }).click();
    await page.getByRole('region', { name: 'Open, 1 tasks' }).getByText('Count the words').waitFor();
    await tasks.claim({ by: 'ada', incarnation: 1, id: 't1' });
    await page.getByRole('region', { name: 'In progress, 1 tasks' }).getByText('ada').waitFor();
    await page.keyboard.press('2');
    await openMailbox(dir).send({ from: 'ada', to: 'ben', text: 'hello ben', incarnation: 1 });
    await page.getByText('hello ben').first().waitFor();
    await page.getByRole('button', { name: 'Alerts' }).click();
    await page.getByText('Nothing like this yet').waitFor();
    await page.keyboard.press('1');
    await page.getByRole('button', { name: /Count the words/ }).click();
    await page.getByRole('dialog').getByText('claimed').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    expect(complaints).toEqual([]);
    expect(page.url()).not.toContain('token');
  });

  it('adds a task, writes a message and answers a request, by keys alone', async () => {
    const dir = await teamFiles();
    await askApproval(dir, { kind: 'question', agent: 'ada', incarnation: 1, what: 'Which month?', why: '' });
    const { page, complaints } = await open(dir, '#/mine/board');
    await page.getByRole('button', { name: 'Add a task' }).press('Enter');
    await page.locator('input:focus').fill('Count'); // the form took the place of the button
    await page.getByLabel('Kept for').selectOption('ben');
    await page.getByRole('textbox', { name: 'Subject' }).press('Enter');
    await page.getByRole('region', { name: 'Open, 1 tasks' }).getByText('ben').waitFor();
    await page.locator('button:focus').getByText('Add a task').waitFor();
    await page.keyboard.press('m');
    await page.locator('[data-compose]:focus').fill('hello lead');
    await page.keyboard.press('Control+Enter');
    await page.getByRole('listitem').getByText('hello lead').waitFor();
    await page.getByRole('textbox', { name: 'Message' }).fill('');
    await page.getByRole('link', { name: /^Requests/ }).press('Enter');
    await page.getByLabel('Your answer to a1').fill('May');
    await page.keyboard.press('Enter');
    await page.getByText('Nobody asks for anything').waitFor();
    expect(await openTaskList(dir).list()).toMatchObject([{ subject: 'Count', owner: 'ben' }]);
    expect(await openMailbox(dir).log({ agent: 'lead' })).toMatchObject([
      { from: 'user', text: 'hello lead' },
    ]);
    expect(listApprovals(dir)).toMatchObject([{ state: 'allowed', note: 'May' }]);
    expect(complaints).toEqual([]);
  });

  it('goes through every view by keys alone, from the skip link to what is in the view', async () => {
    const dir = await teamFiles();
    await openTaskList(dir).create({ ...USER, subject: 'Count the words' });
    await askApproval(dir, { kind: 'question', agent: 'ada', incarnation: 1, what: 'Which month?', why: '' });
    writeFigures(dir, ['lead', 'ada'], 3);
    const { page, complaints } = await open(dir, '#/mine/board');
    await page.getByRole('heading', { level: 1 }).waitFor();
    for (const [index, { id, label }] of VIEWS.entries()) {
      await page.keyboard.press('Escape');
      await page.keyboard.press(String(index + 1));
      const tabs = page.getByRole('navigation', { name: 'Views of this team' });
      await tabs.locator('[aria-current]').getByText(label).waitFor();
      // A terminal takes the focus once it is loaded, and gives it back when it is told to.
      if (id === 'panes') {
        const has = "document.activeElement.tagName === 'IFRAME'";
        await eventually('the terminal to have the focus', () => page.evaluate(has));
        await eventually('the terminal to be left', async () => {
          await page.keyboard.press('Control+]');
          return !(await page.evaluate(has));
        });
      }
      // From the top: past bar and tabs by the skip link, then on until something in the view has the focus.
      await page.evaluate("document.querySelector('.skip').focus()");
      await page.keyboard.press('Enter');
      expect(await page.evaluate('document.activeElement.id')).toBe('main');
      const isInView = "document.activeElement.closest('.view') !== null";
      for (let n = 0; n < 20 && !(await page.evaluate(isInView)); n++) await page.keyboard.press('Tab');
      expect(await page.evaluate(isInView), id).toBe(true);
      const outline = await page.evaluate('getComputedStyle(document.activeElement).outlineStyle');
      expect(outline, `what has the focus in ${id} is seen`).not.toBe('none');
    }
    await page.keyboard.press('Escape');
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keys of this page' }).waitFor();
    await page.keyboard.press('Escape');
    await page.keyboard.press('t');
    for (const name of ['New team', 'Schedules', 'Memory', 'Plugins']) {
      await page.getByRole('link', { name }).press('Enter');
      await page.getByRole('heading', { level: 1, name }).waitFor();
    }
    expect(complaints).toEqual([]);
  });

  it('shows what waits for what as a graph that keys go through, and a task is given away and put behind another by dragging', async () => {
    const dir = await teamFiles();
    const tasks = openTaskList(dir);
    await tasks.create({ ...USER, subject: 'Count the words' });
    await tasks.create({ ...USER, subject: 'Sum them up', dependsOn: ['t1'] });
    await tasks.create({ ...USER, subject: 'Read them aloud' });
    const { page, complaints } = await open(dir, '#/mine/board');
    const drag = async (from: string, to: string): Promise<void> => {
      await page.getByRole('button', { name: from }).hover();
      await page.mouse.down();
      await page.mouse.move(5, 5, { steps: 3 });
      const box = await page.locator(`[data-drop="${to}"]`).first().boundingBox();
      await page.mouse.move((box?.x ?? 0) + 10, (box?.y ?? 0) + 10, { steps: 3 });
      await page.mouse.up();
    };
    await drag('Read them aloud', 'agent:ben');
    await page.getByText('cowork tasks edit t3 --owner ben -t mine').waitFor();
    expect((await tasks.get('t3')).owner).toBe(null);
    await page.keyboard.press('Enter');
    await page.getByRole('region', { name: 'Open, 2 tasks' }).getByText('ben').waitFor();
    await drag('Read them aloud', 'task:t2');
    await page.getByRole('button', { name: 'Do it' }).click();
    await page.getByRole('region', { name: 'Blocked, 2 tasks' }).waitFor();
    expect(await tasks.get('t3')).toMatchObject({ owner: 'ben', dependsOn: ['t2'] });
    await page.getByRole('link', { name: 'By what waits for what' }).press('Enter');
    await page.getByRole('button', { name: /t1.*Count the words/ }).focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    const last = page.getByRole('button', { name: /t3.*ben.*Read them aloud after t2/ });
    expect(await last.evaluate('document.activeElement.dataset.task')).toBe('t3');
    expect(await page.locator('.graph .edge').count()).toBe(2);
    expect(await violations(page)).toEqual([]);
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').getByText('After t2').waitFor();
    expect(complaints).toEqual([]);
  });

  it('draws what agents use over time, says it in words and as a table, and goes on while it is looked at', async () => {
    const dir = await teamFiles();
    writeFigures(dir, ['lead', 'ada'], 300);
    const { page, complaints } = await open(dir, '#/mine/agents');
    const team = page.getByRole('region', { name: 'The team over time' });
    await team.getByRole('img', { name: 'Tokens over time: now 604k, highest 604k' }).waitFor();
    await team.getByText('$5.98').first().waitFor();
    await team.getByText('Memory of the processes', { exact: true }).first().waitFor();
    await team.getByText('Tokens as a table').press('Enter');
    expect(await team.getByRole('row').filter({ visible: true }).count()).toBe(12);
    await page.getByRole('article', { name: /^ada/ }).getByText('Over time').click();
    await page
      .getByRole('article', { name: /^ada/ })
      .getByRole('img', { name: /^Money over time: now \$2\.99/ })
      .waitFor();
    expect(await violations(page)).toEqual([]);
    writeFigures(dir, ['lead', 'ada', 'ben'], 301);
    await team.getByRole('img', { name: /^Tokens over time: now 909k/ }).waitFor();
    expect(complaints).toEqual([]);
  });

  it('runs nothing that agents write, wherever it is shown', async () => {
    const dir = await teamFiles({
      job: EVIL,
      summary: EVIL,
      agents: ['lead', 'ada'].map((name) => ({ ...rosterEntry(name), title: EVIL })),
    });
    const { id } = await openTaskList(dir).create({ ...USER, subject: EVIL, description: EVIL });
    await openTaskList(dir).cancel({ ...USER, id, reason: EVIL });
    await openMailbox(dir).send({ from: 'ada', to: 'lead', text: EVIL, incarnation: 1 });
    await askApproval(dir, { kind: 'question', agent: 'ada', incarnation: 1, what: EVIL, why: EVIL });
    const { page, complaints } = await open(dir, '#/');
    await page.getByText('onerror').first().waitFor();
    for (const { id: view } of VIEWS) {
      await page.goto(`${page.url().split('#')[0]}#/mine/${view}`);
      await page.getByRole('heading', { level: 1 }).waitFor();
      await page.getByText('onerror').first().waitFor();
    }
    await page.goto(`${page.url().split('#')[0]}#/mine/board`);
    await page.getByRole('button', { name: /onerror/ }).click();
    await page.getByRole('dialog').getByText('onerror').first().waitFor();
    expect(await page.evaluate('window.hit')).toBeUndefined();
    expect(await page.locator('img:not([src^="/assets/"]), script:not([src^="/assets/"])').count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  it('fits every view, light and dark, from a phone to a wall, without a bar to scroll sideways or a fault against the rules of accessibility', async () => {
    const dir = await teamFiles({ summary: 'All is done.' });
    const tasks = openTaskList(dir);
    await tasks.create({ ...USER, subject: `A long word: ${'x'.repeat(300)}` });
    await tasks.create({ ...USER, subject: 'Sum them up', dependsOn: ['t1'] });
    await tasks.claim({ by: 'ada', incarnation: 1, id: 't1' });
    await openMailbox(dir).send({ from: 'ada', to: 'lead', text: 'y'.repeat(500), incarnation: 1 });
    await askApproval(dir, { kind: 'question', agent: 'ada', incarnation: 1, what: 'Which month?', why: '' });
    const { page } = await open(dir, '#/');
    const faults: string[] = [];
    for (const { colorScheme, width, height } of SCREENS) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await page.setViewportSize({ width, height });
      for (const hash of HASHES) {
        const at = `${hash}, ${colorScheme}, ${width} wide`;
        await page.goto(`${page.url().split('#')[0]}${hash}`);
        await page.getByRole('heading', { level: 1 }).waitFor();
        const wide = Number(await page.evaluate('document.documentElement.scrollWidth'));
        if (wide > width) faults.push(`${at}: ${wide} pixels`);
        for (const fault of await violations(page)) faults.push(`${at}: ${fault}`);
      }
    }
    expect(faults).toEqual([]);
  }, 180_000);

  it('gets through a long timeline by scrolling and by keys, with few of its rows in the document', async () => {
    const dir = await teamFiles();
    const mailbox = openMailbox(dir, { durable: false });
    const COUNT = 600;
    for (let n = 0; n < COUNT; n++)
      await mailbox.send({ from: 'ada', to: 'ben', text: `message ${n}.`, incarnation: 1 });
    const { page, complaints } = await open(dir, '#/mine/timeline');
    const rows = page.locator('.timeline > .event');
    await page.getByText(`message ${COUNT - 1}.`).waitFor();
    const isThere = async (): Promise<boolean> => {
      await page.evaluate('scrollTo(0, document.documentElement.scrollHeight)');
      return (await page.getByText('message 0.').count()) > 0;
    };
    await eventually('the oldest message', isThere, 30_000);
    expect(await rows.count()).toBeLessThan(COUNT / 4);
    expect(await rows.last().getAttribute('aria-setsize')).toBe(String(COUNT));
    expect(await rows.last().getAttribute('aria-posinset')).toBe(String(COUNT));
    expect(await violations(page)).toEqual([]);

    await page.evaluate('scrollTo(0, 0)');
    await page.getByText(`message ${COUNT - 1}.`).waitFor();
    const places: number[] = [];
    const below = page.getByRole('button', { name: /more below/ });
    while ((await below.count()) > 0) {
      await below.press('Enter');
      const focused = page.locator('.timeline > .event:focus');
      await focused.waitFor();
      places.push(Number(await focused.getAttribute('aria-posinset')));
    }
    expect(places.at(-1)).toBeGreaterThan(COUNT - 100);
    expect(places).toEqual([...places].sort((a, b) => a - b));

    // To come to the button may draw all that it stood for: who was on it is on the first of these rows then.
    await page.evaluate('scrollTo(0, 0)');
    await below.waitFor();
    await page.evaluate(
      "document.querySelector('.timeline > .gap:last-child button').focus({ preventScroll: true }); scrollTo(0, document.documentElement.scrollHeight)",
    );
    await page.locator('.timeline > .event:focus').waitFor();
    expect(complaints).toEqual([]);
  });

  it('tells whoever looks elsewhere that somebody waits, and opens without its server without showing anything as live', async () => {
    const dir = await teamFiles();
    const dashboard = await serveDashboard({ home: dirname(dirname(dir)), env: {}, port: 0 });
    const origin = `http://127.0.0.1:${dashboard.port}`;
    const context = await browser.newContext({ permissions: ['notifications'], timezoneId: 'Asia/Tokyo' });
    onTestFinished(() => context.close());
    const page = await context.newPage();
    // What the browser is asked to show; headless it shows nothing.
    await page.addInitScript(
      'window.told = []; ServiceWorkerRegistration.prototype.showNotification = async (title, { body }) => { told.push(body); }; document.hasFocus = () => false;',
    );
    await page.goto(dashboard.link('full'));
    await page.evaluate('navigator.serviceWorker.ready');
    await page.goto(`${origin}/#/mine/timeline`);
    await page.getByText('Times are those of Asia/Tokyo (GMT+9).').waitFor();
    await page.getByRole('button', { name: /Notices when somebody waits for you: off/ }).click();
    await page.getByRole('button', { name: /: on/ }).waitFor();
    await askApproval(dir, { kind: 'question', agent: 'ada', incarnation: 1, what: 'Which month?', why: '' });
    await eventually('the notice', async () => ((await page.evaluate('told.length')) as number) > 0);
    expect(await page.evaluate('told')).toEqual(['ada asks (question): Which month?']);
    expect(await page.title()).toMatch(/^\(1\) /);
    const kept = await page.evaluate(
      "caches.open('cowork-shell-1').then((cache) => cache.keys()).then((keys) => keys.map(({ url }) => new URL(url).pathname + new URL(url).search))",
    );
    expect((kept as string[]).toSorted()).toEqual([
      '/',
      '/assets/app.css',
      '/assets/app.js',
      '/assets/icon.svg',
      '/assets/manifest.json',
    ]);
    await dashboard[Symbol.asyncDispose]();
    await page.reload();
    await page.getByText('The dashboard does not answer.').waitFor();
    await page.getByText('not connected').waitFor();
    expect(await page.getByText('Which month?').count()).toBe(0);
  });

  it('says what to do when it is not let in, when the team is gone and when the server is', async () => {
    const dir = await teamFiles();
    const home = dirname(dirname(dir));
    const dashboard = await serveDashboard({ home, env: {}, port: 0 });
    const context = await browser.newContext();
    onTestFinished(() => context.close());
    const page = await context.newPage();
    await page.goto(`http://127.0.0.1:${dashboard.port}/`);
    await page.getByText('This browser is not let in yet').waitFor();
    await page.goto(dashboard.link('read'));
    await page.getByText('read only').waitFor();
    await page.getByRole('link', { name: /mine/ }).click();
    await page.getByText('No tasks yet').waitFor();
    await rm(dir, { recursive: true });
    await page.getByRole('alert').waitFor();
    await dashboard[Symbol.asyncDispose]();
    await page.getByText('not connected').waitFor();
  });
});
