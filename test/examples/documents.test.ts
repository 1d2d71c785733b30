import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readOutline } from '../../src/web/documents/read-outline.ts';
import { openDesk } from '../support/cowork.ts';
import { TEST_IMAGES, testImage } from '../support/image.ts';
import { temporaryFolder } from '../support/temporary.ts';

// Written by openpyxl, LibreOffice and pandoc of the office image.
const made = (name: string): string => join(import.meta.dirname, 'fixtures', 'documents', name);
const OFFICE = join(import.meta.dirname, '../../examples/marketplace/plugins/documents/scripts/office.py');

function office(...args: string[]) {
  const { status, stdout, stderr } = spawnSync('python3', ['-I', OFFICE, ...args], { encoding: 'utf8' });
  return { status, said: stdout.trimEnd().split('\n'), stderr };
}

test('the script of the document skills reads workbooks and decks, and finds what was never calculated', () => {
  expect(office('text', made('calculated.xlsx')).said).toEqual([
    'Sheet!A1\ta',
    'Sheet!B1\t1',
    'Sheet!C1\t2\t=B1*2',
  ]);
  expect(office('text', made('deck.pptx')).said).toEqual([
    '## ppt/slides/slide1.xml',
    'One',
    'a',
    '## ppt/slides/slide2.xml',
    'Two',
    'text',
  ]);
  expect(office('errors', made('calculated.xlsx'))).toMatchObject({ status: 0, said: ['0 to mend'] });
  expect(office('errors', made('written.xlsx'))).toMatchObject({
    status: 1,
    said: ['Sheet!C1\tnot calculated\t=B1*2', '1 to mend'],
  });
});

test('it replaces words also where formats split them, and leaves every other part byte for byte', async () => {
  const folder = await temporaryFolder();
  const at = (name: string) => join(folder, name);
  const program = `
import sys, zipfile
source, target, compared = sys.argv[1:]
with zipfile.ZipFile(source, 'w') as made:
    made.writestr('word/document.xml', '<w:document xmlns:w="w"><w:p><w:r><w:t>a gre</w:t></w:r><w:r><w:b/><w:t>at great wo</w:t></w:r><w:r><w:t>rd</w:t></w:r></w:p></w:document>')
    made.writestr('word/media/image1.png', b'\\x00\\xff' * 100)
`;
  expect(spawnSync('python3', ['-I', '-c', program, at('a.docx'), '', '']).status).toBe(0);
  expect(office('replace', at('a.docx'), at('b.docx'), 'great word', 'text', 'great', 'small').said).toEqual([
    '2 replaced',
  ]);
  expect(office('text', at('b.docx')).said).toEqual(['## word/document.xml', 'a small text']);
  expect(office('replace', at('a.docx'), at('c.docx'), 'nowhere', 'x')).toMatchObject({ status: 1 });
  const compare = `
import sys, zipfile
a, b = (zipfile.ZipFile(path) for path in sys.argv[1:])
print([name for name in a.namelist() if a.read(name) != b.read(name)], a.namelist() == b.namelist())
`;
  office('replace', made('deck.pptx'), at('deck.pptx'), 'text', 'words');
  const { stdout } = spawnSync('python3', ['-I', '-c', compare, made('deck.pptx'), at('deck.pptx')], {
    encoding: 'utf8',
  });
  expect(stdout).toBe("['ppt/slides/slide2.xml'] True\n");
});

test('it says what it can not open, never writes over what it reads, and tells an error from a text that looks like one', async () => {
  const folder = await temporaryFolder();
  const at = (name: string) => join(folder, name);
  writeFileSync(at('old.docx'), 'no package');
  for (const words of [['text'], ['replace', at('b.docx'), 'a', 'b']]) {
    const [command = '', ...rest] = words;
    expect(office(command, at('old.docx'), ...rest)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('is no package of parts'),
    });
  }
  const program = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], 'w') as made:
    made.writestr('xl/workbook.xml', '<workbook xmlns:r="r"><sheet name="S" r:id="a"/></workbook>')
    made.writestr('xl/_rels/workbook.xml.rels', '<Relationships><Relationship Id="a" Target="worksheets/sheet1.xml"/></Relationships>')
    made.writestr('xl/worksheets/sheet1.xml', '<worksheet><c r="A1" t="inlineStr"><is><t>#TODO here</t></is></c><c r="A2" t="str"><f>IF(1,"","x")</f><v></v></c><c r="A3" t="e"><f>1/0</f><v>#DIV/0!</v></c><c r="A4"><f>1+1</f><v></v></c></worksheet>')
`;
  expect(spawnSync('python3', ['-I', '-c', program, at('a.xlsx')]).status).toBe(0);
  expect(office('errors', at('a.xlsx'))).toMatchObject({
    status: 1,
    said: ['S!A3\t#DIV/0!\t=1/0', 'S!A4\tnot calculated\t=1+1', '2 to mend'],
  });
  expect(office('replace', at('a.xlsx'), at('b.xlsx'), '#TODO', 'done').said).toEqual(['1 replaced']);
  expect(office('text', at('b.xlsx')).said[0]).toBe('S!A1\tdone here');
  const before = readFileSync(at('a.xlsx'));
  expect(office('replace', at('a.xlsx'), at('a.xlsx'), '#TODO', 'done').status).toBe(1);
  expect(readFileSync(at('a.xlsx')).equals(before)).toBe(true);
});

const SKILLS = join(import.meta.dirname, '../../examples/marketplace/plugins/documents');

// Builds the image when it is not there, and takes minutes in machines: for `npm run soak`.
test.runIf(process.env.COWORK_SOAK !== undefined)(
  'in a machine of the office image everything that the document skills tell their readers to do is done, and the results are what they should be',
  { timeout: 3_600_000, retry: 0 },
  async () => {
    await testImage();
    const desk = openDesk();
    desk.env.COWORK_IMAGES = TEST_IMAGES;
    const rehearsal = join(import.meta.dirname, 'support/office-rehearsal.ts');
    const launch = ['launch', 'Make documents', '--team', 'office', '--image', 'office', '--teammates', '0'];
    const given = ['--grant', desk.folder, '--plugin', SKILLS, '--rehearsal', rehearsal, '--detach'];
    const { code, stderr } = await desk.cowork([...launch, ...given]);
    expect(code, stderr).toBe(0);
    const status = await desk.json<{ summary: string }>('wait', '-t', 'office', '--timeout', '3000');
    expect(status).toMatchObject({ state: 'done', image: 'office' });
    expect(status.summary.split('\n').filter((line) => !/^0 /.test(line))).toEqual([]);
    const at = (name: string): string => join(desk.folder, name);
    expect(office('text', at('book.xlsx')).said).toContain('Sum!B1\t42\t=SUM(Data!A1:A3)');
    expect(await readOutline(at('text.docx'), 'text')).toMatchObject({
      parts: [
        {
          blocks: [
            { kind: 'heading', level: 1, text: 'Findings' },
            { kind: 'paragraph', text: 'Forty-two things.' },
            {
              kind: 'table',
              rows: [
                ['a', 'b'],
                ['1', '2'],
              ],
            },
            { kind: 'paragraph', text: 'The end.' },
          ],
        },
      ],
    });
    expect(await readOutline(at('deck.pptx'), 'deck')).toMatchObject({
      parts: [{ title: 'What we found', blocks: [{ text: 'Forty-two' }], notes: ['Say it.'] }],
    });
    for (const page of ['sheets/page-1.png', 'papers/page-1.png', 'slides/page-1.png', 'pages/page-1.png'])
      expect(readFileSync(at(page)).subarray(1, 4).toString(), page).toBe('PNG');
    expect(readFileSync(at('both.pdf')).subarray(0, 5).toString()).toBe('%PDF-');
  },
);
