import { rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { dirname } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { listArtifacts } from '../../src/team/artifacts.ts';
import { openUploads } from '../../src/team/uploads.ts';
import { teamFiles } from '../support/team-files.ts';
import { NO_BROWSER, openBrowser } from './support/browser.ts';
import { type Asker, openDashboard } from './support/dashboard.ts';
import { makeDeck, makeText } from './support/documents.ts';
import { makeWorkbook } from './support/workbook.ts';

const PAGE = `<style>p{color:red}</style><p>made by an agent</p><script>parent.hit=1;fetch('/api/teams')</script>
<img src="/assets/icon.svg" onerror="top.hit=1"><form action="/api/teams"><button>Go</button></form>`;

/** Files that try every way out that needs no script, and some that do. */
function reaching(at: (name: string) => string): Record<string, string> {
  const rels = [
    'preconnect',
    'dns-prefetch',
    'prefetch',
    'preload',
    'prerender',
    'stylesheet',
    'icon',
    'manifest',
    'modulepreload',
  ];
  const links = rels.map((rel) => `<link rel="${rel}" as="image" href="${at(rel)}">`).join('');
  return {
    'evil.html': `<!doctype html><head>${links}<meta http-equiv="refresh" content="0;url=${at('refresh')}">
<style>@import url(${at('css')}); body{background:url(${at('background')})} @font-face{font-family:x;src:url(${at('font')})} p{font-family:x;cursor:url(${at('cursor')}),auto}</style></head>
<body><p>made by an agent</p><img src="${at('img')}" srcset="${at('srcset')} 2x"><video src="${at('video')}" poster="${at('poster')}" autoplay></video>
<iframe src="${at('iframe')}"></iframe><iframe srcdoc="<iframe src=${at('srcdoc')}></iframe>"></iframe><object data="${at('object')}"></object><embed src="${at('embed')}">
<input type=image src="${at('input')}"><svg><image href="${at('image')}"/><use href="${at('use')}#a"/></svg>
<script>fetch('${at('fetch')}');window.open('${at('open')}');top.location='${at('top')}';navigator.sendBeacon('${at('beacon')}');navigator.serviceWorker.register('/x.js');
new RTCPeerConnection({iceServers:[{urls:'turn:${at('turn').slice(7, -5)}?transport=tcp',username:'a',credential:'b'}]}).createDataChannel('x')</script></body>`,
    'words.md': `# In words\n\n[a](${at('link')}) ![x](${at('picture')}) <img src="${at('html')}"><iframe src="${at('frame')}"></iframe>\n`,
    'drawing.svg': `<?xml version="1.0"?><?xml-stylesheet href="${at('sheet')}"?><svg xmlns="http://www.w3.org/2000/svg" width="99" height="99"><script>fetch('${at('svg')}')</script>
<image href="${at('svg-image')}" width="9" height="9"/><foreignObject width="9" height="9"><iframe xmlns="http://www.w3.org/1999/xhtml" src="${at('svg-frame')}"/></foreignObject></svg>`,
    'paper.pdf': makePdf([
      '<</Type/Catalog/Pages 2 0 R/OpenAction 4 0 R>>',
      '<</Type/Pages/Kids[3 0 R]/Count 1>>',
      '<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]/AA<</O 5 0 R>>>>',
      `<</S/JavaScript/JS(this.submitForm\\({cURL:'${at('submit')}'}\\))/Next 5 0 R>>`,
      `<</S/URI/URI(${at('uri')})/Next 6 0 R>>`,
      `<</S/SubmitForm/F<</FS/URL/F(${at('form')})>>>>`,
    ]),
  };
}

function makePdf(objects: readonly string[]): string {
  let text = '%PDF-1.7\n';
  const places = objects.map((object, index) => {
    const place = String(text.length).padStart(10, '0');
    text += `${index + 1} 0 obj${object}endobj\n`;
    return `${place} 00000 n \n`;
  });
  const count = objects.length + 1;
  return `${text}xref\n0 ${count}\n0000000000 65535 f \n${places.join('')}trailer<</Size ${count}/Root 1 0 R>>\nstartxref\n${text.length}\n%%EOF`;
}

async function presented(name: string, content: string | Buffer): Promise<Asker & { dir: string }> {
  const dir = await teamFiles();
  const uploads = openUploads(dir, 'ada', 1);
  const draft = await uploads.add(Buffer.from(content as string), undefined); // a Buffer is copied
  await uploads.finish(draft, { name, title: '<b>Report</b>', kind: 'page' });
  return { ...(await openDashboard(dirname(dirname(dir)))), dir };
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

  it('that is a page or a drawing comes without rights of its own, and a drawing is shown as a picture only', async () => {
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
    // In a page it is a picture, in which browsers run and fetch nothing.
    const picture = await drawing.ask('/api/teams/mine/artifacts/r1?show', {
      headers: { cookie: drawing.cookie, 'sec-fetch-dest': 'image', 'sec-fetch-site': 'same-origin' },
    });
    expect(picture.headers['content-type']).toBe('image/svg+xml');
    expect(picture.headers['content-security-policy']).toMatch(/^sandbox; default-src 'none'/);
  });

  it('of any name is saved under it, of any size is shown by its beginning, and one whose copy is gone says so', async () => {
    const path = '/api/teams/mine/artifacts/r1';
    const long = await presented('Umsätze „März“.csv', `a,b\n${'1,2\n'.repeat(1024 * 1024)}`);
    const { headers, text } = await long.get(path);
    expect(headers['content-disposition']).toBe(
      `attachment; filename="Ums_tze _M_rz_.csv"; filename*=UTF-8''Ums%C3%A4tze%20%E2%80%9EM%C3%A4rz%E2%80%9C.csv`,
    );
    expect([headers['content-length'], text.length]).toEqual([
      String(4 * 1024 * 1024 + 4),
      4 * 1024 * 1024 + 4,
    ]);
    expect((await long.get(`${path}?show`)).text).toHaveLength(2 * 1024 * 1024);
    rmSync(listArtifacts(long.dir)[0]?.path ?? '');
    expect((await long.get(path)).json.error).toMatchObject({ code: 'ARTIFACT_UNKNOWN' });
    const empty = await presented('empty.csv', '');
    expect(await empty.get(`${path}?show`)).toMatchObject({ status: 200, text: '' });
    const huge = await presented('huge.html', Buffer.alloc(17 * 1024 * 1024, '<p>'));
    expect((await huge.get(`${path}?show`)).headers['content-type']).toBe('application/octet-stream');
  });

  it('that is a page has none of the tags by which a browser turns elsewhere, however it is encoded', async () => {
    const page = `<LINK rel=preconnect href=//a.example><iframe src=//b.example></iframe><p class=linked>linked &lt;iframe></p>\n<frame
src=x><object data=x><embed/><base href=//c.example><meta http-equiv=refresh content=0><link-list><linked>`;
    const tamed = `<x-LINK rel=preconnect href=//a.example><x-iframe src=//b.example></x-iframe><p class=linked>linked &lt;iframe></p>\n<x-frame
src=x><x-object data=x><x-embed/><x-base href=//c.example><x-meta http-equiv=refresh content=0><link-list><linked>`;
    const wide = Buffer.from(`\ufeff${page}`, 'utf16le');
    for (const content of [page, `\ufeff${page}`, wide, Buffer.from(wide).swap16()]) {
      const { get } = await presented('page.html', content);
      const { text, headers } = await get('/api/teams/mine/artifacts/r1?show');
      expect(text).toBe(tamed);
      expect(headers['content-type']).toBe('text/html; charset=utf-8');
      expect(headers['x-dns-prefetch-control']).toBe('off');
    }
  });

  it.skipIf(NO_BROWSER)(
    'can make no browser connect to anybody, whether it is a page, a drawing, a PDF or Markdown',
    { timeout: 180_000 },
    async () => {
      const turned: string[] = [];
      const foreign = createServer((socket) => {
        turned.push('connected');
        socket
          .on('error', () => {})
          .on('data', (data) => {
            turned.push(String(data).split('\r\n')[0] ?? '');
            socket.destroy();
          });
      });
      await new Promise<void>((resolve) => foreign.listen(0, '127.0.0.1', resolve));
      onTestFinished(() => void foreign.close());
      const { port } = foreign.address() as AddressInfo; // of TCP
      const at = (name: string): string => `http://127.0.0.1:${port}/${name}`;
      const dir = await teamFiles();
      const uploads = openUploads(dir, 'ada', 1);
      for (const [name, content] of Object.entries(reaching(at)))
        await uploads.finish(await uploads.add(Buffer.from(content), undefined), {
          name,
          title: name,
          kind: 'x',
        });
      const { dashboard, origin } = await openDashboard(dirname(dirname(dir)));
      const browser = await openBrowser();
      onTestFinished(() => browser.close());
      const page = await browser.newPage();
      await page.goto(dashboard.link('full'));
      await page.goto(`${origin}/#/mine/artifacts`);
      for (let left = 4; left > 0; left--) await page.getByRole('button', { name: 'Look' }).first().click();
      await page.frameLocator('iframe[title="evil.html"]').getByText('made by an agent').waitFor();
      await page.getByRole('heading', { name: 'In words' }).waitFor();
      await page.waitForFunction("document.querySelector('img.shown-picture')?.naturalWidth === 99");
      await page.goto(`${origin}/api/teams/mine/artifacts/r1?show`);
      await page.getByText('made by an agent').waitFor();
      expect(turned).toEqual([]);
      // That the ear was open.
      await page.goto(at('open')).catch(() => undefined); // it is no HTTP
      expect(turned).toContain('GET /open HTTP/1.1');
    },
  );

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
      expect(report.text).toContain('**bold**');
    },
  );
});
