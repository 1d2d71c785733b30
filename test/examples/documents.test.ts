import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
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
