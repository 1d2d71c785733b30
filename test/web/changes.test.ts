import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { createRecorder } from '../../src/files/changes/recorder.ts';
import { openRoot } from '../../src/files/tree.ts';
import { loadIds } from '../../src/store/ids.ts';
import { checkpointsFolder } from '../../src/team/paths.ts';
import { createTeam } from '../../src/team/team.ts';
import { teamRecord } from '../support/team-files.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { NO_BROWSER, openBrowser } from './support/browser.ts';
import { enter, openDashboard } from './support/dashboard.ts';

/** A dashboard of a team whose agent ada has written `text` over a file of the user. */
async function after(text: string) {
  const [home, folder] = [await temporaryFolder(), await temporaryFolder()];
  const grants = [{ name: 'mine', path: folder, mode: 'rw' } as const];
  const dir = await createTeam(home, teamRecord({ sandbox: 'vm', phase: 'done', grants }));
  const words = join(folder, 'words.txt');
  writeFileSync(words, 'one\ntwo\n');
  const opened = openRoot(folder);
  if ('reason' in opened) throw new Error(opened.reason);
  const recorder = createRecorder({
    ...{ checkpoints: checkpointsFolder(dir), writer: 'ada', incarnation: 1, ids: await loadIds() },
  });
  const change = { kind: 'write', path: 'words.txt', file: words, root: opened.fd } as const;
  const spot = { directory: opened.fd, name: 'words.txt' };
  const grant = { name: 'mine', root: folder, mode: 'rw' } as const;
  await recorder.before({ ...change, grant, spot });
  writeFileSync(words, text);
  recorder.watch(grant).after({ ...change, grant, spot });
  return { words, asker: await openDashboard(home) };
}

it('changes are told as `cowork diff` tells them, and put back only where nobody else has changed them since', async () => {
  const { words, asker } = await after('one\nthree\n');
  const { json } = await asker.get('/api/teams/mine/changes?agent=ada');
  expect(json).toMatchObject({ total: 1, changes: [{ path: words, by: 'ada', change: 'modified' }] });
  expect((await asker.get('/api/teams/mine/changes?agent=nobody')).json.error.code).toBe('AGENT_UNKNOWN');
  expect((await asker.get('/api/teams/mine/changes?what=x')).json.error.code).toBe('REQUEST_INVALID');
  // A word that a person gives is never a flag.
  const flagged = await asker.post('/api/teams/mine/undo', { path: '--force' });
  expect(flagged.json.error.code).toBe('NOT_GRANTED');
  writeFileSync(words, 'mine, later');
  const refused = await asker.post('/api/teams/mine/undo', { path: words });
  expect(refused).toMatchObject({ status: 409, json: { error: { code: 'CHANGES_CONFLICT' } } });
  expect(readFileSync(words, 'utf8')).toBe('mine, later');
  const looker = { ...asker, cookie: await enter(asker, asker.dashboard.link('read')) };
  const { origin, cookie } = looker;
  const readOnly = await asker.ask('/api/teams/mine/undo', {
    ...{ method: 'POST', headers: { cookie, origin }, body: { path: words, force: true } },
  });
  expect(readOnly.json.error.code).toBe('WEB_READ_ONLY');
  await asker.post('/api/teams/mine/undo', { path: words, force: true });
  expect(readFileSync(words, 'utf8')).toBe('one\ntwo\n');
});

it.skipIf(NO_BROWSER)('a file is put back by a click, and what an agent wrote is shown as text', async () => {
  const { words, asker } = await after('<img src=x onerror="window.hit=1">\n');
  const browser = await openBrowser();
  onTestFinished(() => browser.close());
  const page = await browser.newPage();
  await page.goto(asker.dashboard.link('full'));
  await page.goto(`${asker.origin}/#/mine/changes`);
  await page.getByText('words.txt').first().click();
  await page.getByText('+<img src=x').waitFor();
  await page.getByText(`cowork undo ${words} -t mine`).waitFor();
  await page.getByRole('button', { name: 'Put back', exact: true }).click();
  await page.getByText('Nothing has changed').waitFor();
  expect(readFileSync(words, 'utf8')).toBe('one\ntwo\n');
  expect(await page.evaluate('window.hit')).toBeUndefined();
  await page.goto(`${asker.origin}/#/mine/logs`);
  await page.getByText('Nothing was noted yet').waitFor();
});
