import { dirname } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openUploads } from '../../src/team/artifacts.ts';
import { teamFiles } from '../support/team-files.ts';
import { NO_BROWSER, openBrowser } from './support/browser.ts';
import { type Asker, openDashboard } from './support/dashboard.ts';
import { makeDeck, makeText } from './support/documents.ts';
import { makeWorkbook } from './support/workbook.ts';

const PAGE = `<style>p{color:red}</style><p>made by an agent</p><script>parent.hit=1;fetch('/api/teams')</script>
<img src="/assets/icon.svg" onerror="top.hit=1"><form action="/api/teams"><button>Go</button></form>`;

async function presented(name: string, content: string): Promise<Asker> {
  const dir = await teamFiles();
  const uploads = openUploads(dir, 'ada', 1);
  const draft = await uploads.add(Buffer.from(content), undefined);
  await uploads.finish(draft, { name, title: '<b>Report</b>', kind: 'page' });
  return openDashboard(dirname(dirname(dir)));
}

describe('an artifact', () => {
  it('is downloaded whole under its own name, and only by who was let in', async () => {
    const { get, ask } = await presented('../../sum<x>.csv', 'a,b\n1,2\n');
    const { status, headers, text } = await get('/api/teams/mine/artifacts/r1');
    expect(status).toBe(200);
    expect(headers['content-disposition']).toBe('attachment; filename="sum_x_.csv"');
    expect(headers['content-type']).toBe('application/octet-stream');
    expect(text).toBe('a,b\n1,2\n');
    expect((await get('/api/teams/mine/artifacts/r1?show')).headers['content-type']).toContain('text/plain');
    expect((await ask('/api/teams/mine/artifacts/r1')).status).toBe(401);
    for (const id of ['r2', '..%2fteam.json', '%2e%2e', 'artifacts.jsonl'])
      expect((await get(`/api/teams/mine/artifacts/${id}`)).status, id).toBe(404);
    const { json } = await get('/api/teams/mine');
    expect(json).toMatchObject({ artifacts: [{ id: 'r1', file: 'sum_x_.csv', look: 'table' }] });
    expect(JSON.stringify((json as unknown as { artifacts: unknown }).artifacts)).not.toContain(
      '/artifacts/',
    );
  });

  it('that is a page or a drawing comes without rights of its own, and a drawing is not shown', async () => {
    const { get } = await presented('page.html', PAGE);
    const { headers } = await get('/api/teams/mine/artifacts/r1?show');
    expect(headers['content-security-policy']).toMatch(/^sandbox; default-src 'none'/);
    expect(headers['x-content-type-options']).toBe('nosniff');
    const drawing = await presented(
      'x.svg',
      '<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>',
    );
    const svg = await drawing.get('/api/teams/mine/artifacts/r1?show');
    expect(svg.headers['content-type']).toBe('application/octet-stream');
    expect(svg.headers['content-disposition']).toContain('attachment');
  });

  it.skipIf(NO_BROWSER)(
    'that is a page is shown in a frame where it runs nothing and gets nothing',
    async () => {
      const { dashboard, origin } = await presented('page.html', PAGE);
      const browser = await openBrowser();
      onTestFinished(() => browser.close());
      const page = await browser.newPage();
      await page.goto(dashboard.link('full'));
      await page.goto(`${origin}/#/mine/artifacts`);
      await page.getByText('<b>Report</b>').waitFor();
      const answered: string[] = [];
      await page.getByRole('button', { name: 'Look' }).waitFor();
      page.on('response', (response) => {
        // The page itself asks for the teams again and again, and for its icon.
        if (response.frame() !== page.mainFrame()) answered.push(new URL(response.url()).pathname);
      });
      await page.getByRole('button', { name: 'Look' }).click();
      const frame = page.frameLocator('iframe');
      await frame.getByText('made by an agent').waitFor();
      await frame.getByRole('button', { name: 'Go' }).click();
      expect(await page.evaluate('window.hit')).toBeUndefined();
      expect(answered).toEqual(['/api/teams/mine/artifacts/r1']);
      // Opened by itself it has no more rights.
      await page.goto(`${origin}/api/teams/mine/artifacts/r1?show`);
      await page.getByText('made by an agent').waitFor();
      expect(await page.evaluate('window.hit')).toBeUndefined();
      expect(await page.evaluate('self.origin')).toBe('null');
    },
  );

  it.skipIf(NO_BROWSER)(
    'is shown as what it is, two versions side by side, and none of it becomes markup',
    async () => {
      const dir = await teamFiles();
      const uploads = openUploads(dir, 'ada', 1);
      const present = async (name: string, title: string, content: string | Buffer) =>
        uploads.finish(await uploads.add(Buffer.from(content as string), undefined), {
          name,
          title,
          kind: 'file',
        }); // a Buffer is copied
      const evil = '<img src=x onerror="window.hit=1">';
      const cell = `<c r="A1" t="s"><v>0</v></c><c r="B2"><f>6*7</f><v>42</v></c>`;
      const strings = [`<t>${evil.replaceAll('<', '&lt;')}</t>`];
      await present('book.xlsx', 'Book', makeWorkbook(cell, { strings }));
      const shown = evil.replaceAll('<', '&lt;');
      const slide = `<p:sp><p:ph type="title"/><a:p><a:t>A slide</a:t></a:p></p:sp><p:sp><a:p><a:t>${shown} of a deck</a:t></a:p></p:sp>`;
      await present('deck.pptx', 'Deck', makeDeck(slide));
      const words = `<w:p><w:t>Written</w:t></w:p><w:tbl><w:tr><w:tc><w:p><w:t>${shown} of a text</w:t></w:p></w:tc></w:tr></w:tbl>`;
      await present('text.docx', 'Text', makeText(words));
      await present('sums.md', 'Sums', '# Old\n\nfirst line\n');
      await present(
        'sums.md',
        'Sums',
        `# New\n\n**bold** ${evil}\n\n[go](javascript:window.hit=1) ![x](https://evil.example/x)\n\n| a |\n|-|\n| ${evil} |\n`,
      );
      await present('sums.csv', 'Table', `month;sum\nMay;"2;5"\nApril;${evil}\n`);
      const cells = [
        { cell_type: 'markdown', source: ['## In a notebook'] },
        {
          cell_type: 'code',
          source: 'print(1)',
          outputs: [{ data: { 'text/html': evil, 'text/plain': ['one'] } }],
        },
      ];
      await present('work.ipynb', 'Notebook', JSON.stringify({ cells }));
      const { dashboard, origin, get } = await openDashboard(dirname(dirname(dir)));
      const browser = await openBrowser();
      onTestFinished(() => browser.close());
      const page = await browser.newPage();
      const asked: string[] = [];
      page.on('request', (request) => asked.push(request.url()));
      await page.goto(dashboard.link('full'));
      await page.goto(`${origin}/#/mine/artifacts`);
      // Each one that is pressed says `Close` from then on.
      for (let left = 6; left > 0; left--) await page.getByRole('button', { name: 'Look' }).first().click();
      await page.locator('.prose strong').getByText('bold').waitFor();
      await page.getByRole('heading', { name: 'In a notebook' }).waitFor();
      await page.getByText('one', { exact: true }).waitFor();
      await page.getByRole('button', { name: 'Numbers & more' }).waitFor();
      await page.getByRole('heading', { name: '1 A slide' }).waitFor();
      await page.getByText(`${evil} of a deck`).waitFor();
      await page.getByRole('cell', { name: `${evil} of a text` }).waitFor();
      await page.getByRole('cell', { name: evil }).first().waitFor();
      expect(await page.getByRole('cell', { name: '42' }).getAttribute('title')).toBe('=6*7');
      expect((await get('/api/teams/mine/artifacts/r1?show')).headers['content-disposition']).toContain(
        'attachment',
      );
      await page.getByRole('cell', { name: '2;5' }).waitFor();
      await page.getByRole('button', { name: 'month' }).click();
      await page.getByRole('row').nth(1).getByText('April').waitFor();
      await page.getByLabel('Beside').selectOption({ label: 'version 1' });
      await page.getByRole('heading', { name: 'Old' }).waitFor();
      await page.getByText('-first line').waitFor();
      expect(await page.evaluate('window.hit')).toBeUndefined();
      expect(await page.locator('.prose a, .prose img, .sheet-box img').count()).toBe(0);
      expect(asked.filter((url) => !url.startsWith(origin))).toEqual([]);
      const report = await get('/api/teams/mine/report');
      expect(report.headers['content-security-policy']).toContain('sandbox');
      expect(report.text).toContain('first line');
    },
  );
});
