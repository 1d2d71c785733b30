import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Outline } from '../../src/web/documents/outline.ts';
import { readOutline } from '../../src/web/documents/read-outline.ts';
import { makeZip } from '../extensions/support/zip.ts';
import { temporaryFolder } from '../support/temporary.ts';

async function read(kind: Outline['kind'], parts: Record<string, string | Buffer>): Promise<Outline> {
  const file = join(await temporaryFolder(), 'it.zip');
  writeFileSync(
    file,
    makeZip(Object.entries(parts).map(([name, text]) => ({ name, content: Buffer.from(text) }))),
  );
  return readOutline(file, kind);
}

const text = (body: string, styles = '') =>
  read('text', {
    'word/document.xml': `<w:document><w:body>${body}</w:body></w:document>`,
    'word/styles.xml': styles,
  });

const paragraph = (words: string, style = ''): string =>
  `<w:p><w:pPr>${style}</w:pPr><w:r><w:t>${words}</w:t></w:r></w:p>`;

/** A deck of these slides; what is `notes/N` belongs to slide N. */
function deck(slides: string[], more: Record<string, string> = {}) {
  const ids = slides.map((_, at) => `<p:sldId id="${at}" r:id="r${at}"/>`).join('');
  const relations = slides.map(
    (_, at) => `<Relationship Id="r${at}" Type="x/slide" Target="slides/s${at}.xml"/>`,
  );
  return read('deck', {
    'ppt/presentation.xml': `<p:presentation><p:sldIdLst>${ids}</p:sldIdLst></p:presentation>`,
    'ppt/_rels/presentation.xml.rels': `<Relationships>${relations.join('')}</Relationships>`,
    ...Object.fromEntries(slides.map((slide, at) => [`ppt/slides/s${at}.xml`, `<p:sld>${slide}</p:sld>`])),
    ...more,
  });
}

const shape = (holder: string, ...lines: string[]): string =>
  `<p:sp><p:nvPr><p:ph type="${holder}"/></p:nvPr><p:txBody>${lines.map((line) => `<a:p><a:r><a:t>${line}</a:t></a:r></a:p>`).join('')}</p:txBody></p:sp>`;

test('a deck of a real program is read slide by slide', async () => {
  const fixture = join(import.meta.dirname, '../examples/fixtures/documents/deck.pptx');
  expect(await readOutline(fixture, 'deck')).toEqual({
    kind: 'deck',
    parts: [
      { title: 'One', blocks: [{ kind: 'item', level: 0, text: 'a' }], notes: [] },
      { title: 'Two', blocks: [{ kind: 'item', level: 0, text: 'text' }], notes: [] },
    ],
    isCut: false,
    reason: null,
  });
});

test('a text has its headings by style, lists, tables and pictures by their words; what was deleted or moved away is not there', async () => {
  const styles =
    '<w:style w:styleId="Ueberschrift2"><w:name w:val="heading 2"/><w:pPr><w:outlineLvl w:val="1"/></w:pPr></w:style><w:style w:styleId="T"><w:name w:val="Title"/></w:style>';
  const { parts, isCut, reason } = await text(
    [
      paragraph('Report', '<w:pStyle w:val="T"/>'),
      paragraph('Part &amp; whole', '<w:pStyle w:val="Ueberschrift2"/>'),
      '<w:p><w:r><w:t xml:space="preserve">old </w:t></w:r><w:del><w:r><w:delText>gone</w:delText></w:r></w:del><w:ins><w:r><w:t>new</w:t></w:r></w:ins><w:moveFrom><w:r><w:t>moved</w:t></w:r></w:moveFrom></w:p>',
      paragraph('deep', '<w:numPr><w:ilvl w:val="2"/><w:numId w:val="1"/></w:numPr>'),
      paragraph(''),
      `<w:tbl><w:tr><w:tc>${paragraph('a')}</w:tc><w:tc>${paragraph('1')}<w:tbl><w:tr><w:tc>${paragraph('in')}</w:tc></w:tr></w:tbl></w:tc></w:tr></w:tbl>`,
      '<w:p><w:r><mc:Choice><wp:docPr id="1" descr="a chart"/></mc:Choice><mc:Fallback><w:t>twice</w:t></mc:Fallback></w:r></w:p>',
    ].join(''),
    styles,
  );
  expect([isCut, reason]).toEqual([false, null]);
  expect(parts[0]?.blocks).toEqual([
    { kind: 'heading', level: 1, text: 'Report' },
    { kind: 'heading', level: 2, text: 'Part & whole' },
    { kind: 'paragraph', text: 'old new' },
    { kind: 'item', level: 2, text: 'deep' },
    { kind: 'table', rows: [['a', '1\nin']] },
    { kind: 'picture', text: 'a chart' },
  ]);
});

test('a slide has its title, texts, tables, pictures and notes, without what is the same on each', async () => {
  const table =
    '<p:graphicFrame><a:tbl><a:tr><a:tc><a:p><a:r><a:t>x</a:t></a:r></a:p></a:tc></a:tr></a:tbl></p:graphicFrame>';
  const { parts } = await deck(
    [
      shape('body', 'before its title') +
        shape('ctrTitle', 'Hello') +
        table +
        '<p:pic><p:cNvPr id="4" descr="months"/></p:pic><p:cNvPr descr="of no picture"/>' +
        shape('sldNum', '7'),
      shape('body', 'second'),
    ],
    {
      'ppt/slides/_rels/s0.xml.rels':
        '<Relationships><Relationship Id="a" Type="http://x/notesSlide" Target="../notesSlides/n.xml"/></Relationships>',
      'ppt/notesSlides/n.xml': `<p:notes>${shape('body', 'say this')}${shape('sldNum', '1')}</p:notes>`,
    },
  );
  expect(parts).toEqual([
    {
      title: 'Hello',
      blocks: [
        { kind: 'paragraph', text: 'before its title' },
        { kind: 'table', rows: [['x']] },
        { kind: 'picture', text: 'months' },
      ],
      notes: ['say this'],
    },
    { title: '', blocks: [{ kind: 'paragraph', text: 'second' }], notes: [] },
  ]);
});

test('whatever a hostile document holds, it is a reason or an outline that is bounded', async () => {
  expect((await read('text', { x: '' })).reason).toBe('it has no document.xml');
  expect((await read('deck', { x: '' })).reason).toBe('it has no presentation.xml');
  expect((await read('text', { 'word/document.xml': Buffer.alloc(20 * 1024 * 1024, 32) })).reason).toMatch(
    /over 16 MiB/,
  );
  const entities = await read('text', {
    'word/document.xml': `<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;"><!ENTITY f SYSTEM "file:///etc/passwd">]>${paragraph('&b;&f;&lt;script&gt;')}`,
  });
  expect(entities.parts[0]?.blocks).toEqual([{ kind: 'paragraph', text: '&b;&f;<script>' }]);

  const many = await text('<w:p><w:t>x</w:t></w:p>'.repeat(20_000));
  expect([many.parts[0]?.blocks.length, many.isCut]).toEqual([10_000, true]);
  const long = await text(paragraph('x'.repeat(5_000)));
  expect([long.parts[0]?.blocks[0]?.kind, JSON.stringify(long).length < 3_000, long.isCut]).toEqual([
    'paragraph',
    true,
    true,
  ]);
  const wide = await text(`<w:tbl><w:tr>${'<w:tc><w:p/></w:tc>'.repeat(60_000)}</w:tr></w:tbl>`);
  expect([JSON.stringify(wide).length < 1_000_000, wide.isCut]).toEqual([true, true]);
  expect(await text(`${'</w:tbl></w:tc>'.repeat(9)}<w:tbl><w:tr><w:tc><w:p><w:t>torn`)).toMatchObject({
    reason: null,
    parts: [{ blocks: [] }],
  });

  // One slide named a thousand times, places outside, a slide that is not there.
  const slide = `<p:sp>${'<a:p/>'.repeat(200_000)}</p:sp>${shape('title', 'once')}`;
  const again = await read('deck', {
    'ppt/presentation.xml': `${'<p:sldId r:id="a"/>'.repeat(1_000)}`,
    'ppt/_rels/presentation.xml.rels': '<Relationship Id="a" Type="x" Target="/ppt/slides/s.xml"/>',
    'ppt/slides/s.xml': slide,
  });
  expect([again.parts.length, again.isCut]).toEqual([500, true]);
  expect(again.parts.filter(({ title }) => title === 'once')).toHaveLength(1);
  const outside = await read('deck', {
    'ppt/presentation.xml': '<p:sldId r:id="a"/><p:sldId r:id="b"/>',
    'ppt/_rels/presentation.xml.rels':
      '<Relationship Id="a" Target="../../../../etc/passwd"/><Relationship Id="__proto__" Target="x"/>',
  });
  expect(outside.parts).toEqual([
    { title: '', blocks: [], notes: [] },
    { title: '', blocks: [], notes: [] },
  ]);
});
