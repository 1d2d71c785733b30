import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { openTaskList } from '../../src/tasklist/tasklist.ts';
import { imageRecipe } from '../../src/vm/image/recipe.ts';
import { openDesk } from '../support/cowork.ts';
import { fixture } from '../support/team.ts';
import { teamFiles } from '../support/team-files.ts';
import { NO_BROWSER, openBrowser } from './support/browser.ts';
import { type Asker, openDashboard } from './support/dashboard.ts';

/** For what another process does first, on a machine that may be busy, in milliseconds. */
const LONG_MS = 60_000;

describe.skipIf(NO_BROWSER)('a launch from the page', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser?.close());

  async function letIn({ dashboard }: Asker): Promise<Page> {
    const context = await browser.newContext();
    onTestFinished(() => context.close());
    const page = await context.newPage();
    page.setDefaultTimeout(LONG_MS);
    await page.goto(dashboard.link('full'));
    return page;
  }

  it('says how far the image is, also to who comes back, once for each team, and is stopped; one that fails stays until it was seen', async () => {
    const desk = openDesk();
    const images = join(desk.tmp, 'images');
    mkdirSync(images);
    // Somebody else builds that image: this process, and it takes its time.
    writeFileSync(join(images, `.${imageRecipe('office').key}.lock`), String(process.pid));
    const asker = await openDashboard(desk.home, 'full', { ...desk.env, COWORK_IMAGES: images });
    const page = await letIn(asker);
    await page.goto(`${asker.origin}/#/~launch`);
    await page.getByLabel('The job', { exact: true }).fill('Make a report');
    await page.getByLabel('Name of the team').fill('papers');
    await page.getByLabel('Rehearsal (a file)').fill(fixture('puppet'));
    await page.getByLabel('Programs in it').selectOption('office');
    await page.getByRole('button', { name: 'Launch', exact: true }).click();
    const launch = page.getByRole('region', { name: 'Launch of papers' });
    await launch.getByText('The image "office" is built now').waitFor();
    await launch.getByText('waiting for another process that builds it').waitFor();

    await page.reload();
    await page.getByRole('link', { name: 'Teams' }).click();
    await launch.getByText('waiting for another process that builds it').waitFor();
    const body = { job: 'Another', team: 'papers', teammates: [], grants: [], image: 'office' };
    const again = await asker.post('/api/launch', body);
    expect([again.status, again.json.error.code]).toEqual([409, 'WEB_LAUNCHING']);
    await launch.getByRole('button', { name: 'Stop' }).click();
    await launch.waitFor({ state: 'hidden' });
    expect((await asker.get('/api/teams')).json).toMatchObject({ teams: [], launches: [] });

    const grants = [{ path: join(desk.folder, 'none'), mode: 'rw' }];
    expect((await asker.post('/api/launch', { ...body, grants, image: 'plain' })).json.error.code).toBe(
      'GRANT_INVALID',
    );
    await launch.getByText('could not be launched').waitFor();
    await launch.getByRole('button', { name: 'I have seen it' }).click();
    await page.getByText('No team yet').waitFor();
    expect((await asker.post('/api/launch/stop', { team: 'papers' })).json.error.code).toBe('TEAM_UNKNOWN');
  });

  it('takes a folder by its path, once it was looked at, and says when there is none', async () => {
    const desk = openDesk();
    mkdirSync(join(desk.folder, 'receipts'));
    const asker = await openDashboard(desk.home);
    const page = await letIn(asker);
    await page.goto(`${asker.origin}/#/~launch`);
    await page.getByRole('button', { name: 'Add a folder' }).click();
    const path = page.getByLabel('Path of the folder');
    await path.fill(join(desk.folder, 'none'));
    await page.getByRole('alert').getByText("can't be read").waitFor();
    expect(await page.getByRole('button', { name: 'Take this folder' }).isDisabled()).toBe(true);
    await path.fill('');
    expect(await path.inputValue()).toBe('');
    await path.fill(desk.folder);
    await page.getByRole('button', { name: 'receipts/' }).click();
    await page.getByText('0 folders, 0 files').waitFor();
    await page.getByRole('button', { name: 'Take this folder' }).click();
    await page.getByLabel(`What may be done in ${join(desk.folder, 'receipts')}`).waitFor();
  });
});

it.skipIf(NO_BROWSER)('eight tabs of one browser show a team, and each hears what happens', async () => {
  const dir = await teamFiles();
  const asker = await openDashboard(dirname(dirname(dir)));
  const browser = await openBrowser();
  onTestFinished(() => browser.close());
  const context = await browser.newContext();
  const tabs: Page[] = [];
  for (let n = 0; n < 8; n++) {
    const page = await context.newPage();
    page.setDefaultTimeout(LONG_MS);
    await page.goto(n === 0 ? asker.dashboard.link('full') : `${asker.origin}/#/mine/board`);
    if (n === 0) await page.goto(`${asker.origin}/#/mine/board`);
    await page.getByRole('heading', { level: 1, name: 'mine' }).waitFor();
    await page.getByText('live', { exact: true }).waitFor();
    tabs.push(page);
  }
  await openTaskList(dir).create({ by: 'user', incarnation: 0, subject: 'Count the words' });
  for (const page of tabs) await page.getByText('Count the words').waitFor();
});
