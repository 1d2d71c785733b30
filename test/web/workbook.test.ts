import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { showNumber } from '../../src/web/workbook/formats.ts';
import { readWorkbook } from '../../src/web/workbook/read.ts';
import { makeZip } from '../extensions/support/zip.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { makeWorkbook } from './support/workbook.ts';

async function read(bytes: Buffer) {
  const file = join(await temporaryFolder(), 'book.xlsx');
  writeFileSync(file, bytes);
  return readWorkbook(file);
}

test('a workbook of a real program is read: texts, numbers, formulas with their stored values', async () => {
  const fixture = join(import.meta.dirname, '../examples/fixtures/documents/calculated.xlsx');
  expect(await readWorkbook(fixture)).toEqual({
    sheets: [{ name: 'Sheet', rows: [['a', '1', '2']], formulas: { C1: 'B1*2' }, isCut: false }],
    reason: null,
  });
});

test('cells are shown as their kind and format say', async () => {
  const bytes = makeWorkbook(
    `<row><c r="A1" t="s"><v>1</v></c><c r="B1" s="1"><v>45000.5</v></c><c r="C1" s="2"><v>0.256</v></c></row>
     <row><c r="A2" t="b"><v>1</v></c><c r="C2" t="inlineStr"><is><t>in</t><t>line</t></is></c><c r="D2" t="e"><f>1/0</f><v>#DIV/0!</v></c><c r="E2"/></row>
     <x:row xmlns:x="x"><x:c r="B4" t="str"><x:f>A1&amp;"x"</x:f><x:v>&lt;b&gt;&#8364;&evil;</x:v></x:c></x:row>`,
    {
      strings: [
        '<t>no</t>',
        '<r><t>ri</t></r><r><t xml:space="preserve">ch </t></r><rPh><t>spoken</t></rPh>',
      ],
      formats: ['yyyy\\-mm\\-dd\\ hh:mm', '0.0%'],
    },
  );
  const { sheets, reason } = await read(bytes);
  expect(reason).toBeNull();
  expect(sheets).toEqual([
    {
      name: 'Numbers & more',
      rows: [
        ['rich ', '2023-03-15 12:00', '25.6%'],
        ['TRUE', '', 'inline', '#DIV/0!'],
        [],
        ['', '<b>€&evil;'],
      ],
      formulas: { D2: '1/0', B4: 'A1&"x"' },
      isCut: false,
    },
  ]);
});

test.each([
  ['General', '0.30000000000000004', '0.3'],
  ['#,##0.00', '1234567.891', '1,234,567.89'],
  ['0', '2.6', '3'],
  ['[$-409]d/m/yyyy', '1', '1899-12-31'],
  ['h:mm:ss', '0.25', '06:00:00'],
  ['"days "0', '3', '3'],
  ['yyyy', '1e300', '1e+300'],
  ['0.00', 'what', 'what'],
])('a number in the format %s: %s is %s', (format, raw, shown) => {
  expect(showNumber(raw, format)).toBe(shown);
});

test('a workbook that counts from 1904 has the dates that it means', () => {
  expect(showNumber('0', 'yyyy-mm-dd', 1904)).toBe('1904-01-01');
});

test('whatever a hostile package holds, it is a reason or a table that is bounded', async () => {
  expect(await read(Buffer.from('no zip'))).toMatchObject({ sheets: [], reason: expect.any(String) });
  expect(await read(makeZip([{ name: 'x', content: Buffer.from('') }]))).toMatchObject({
    reason: 'it has no workbook.xml',
  });
  // 20 MiB of nothing, packed.
  const bomb = makeZip([{ name: 'xl/workbook.xml', content: Buffer.alloc(20 * 1024 * 1024, 32) }]);
  expect((await read(bomb)).reason).toMatch(/over 16 MiB/);
  const wide = makeWorkbook(
    '<c r="XFD1048576"><v>1</v></c><c r="A9999999"><v>1</v></c><c r="constructor"><v>1</v></c><c r="A1" t="s"><v>99</v></c><c r="B1" s="77"><v>5</v></c><c r="__proto__"><f>x</f></c>',
  );
  const { sheets } = await read(wide);
  expect(sheets).toMatchObject([{ rows: [['', '5']], formulas: {}, isCut: true }]);
  const long = makeWorkbook(`<c r="A1" t="str"><v>${'x'.repeat(5_000)}</v></c>${'<c/>'.repeat(200_000)}`);
  const cut = (await read(long)).sheets[0];
  expect([cut?.rows[0]?.[0]?.length, cut?.isCut]).toEqual([500, true]);
  const torn = makeWorkbook('<c r="A1"><v>1</v></c><c r="B1"><v>2<!-- <c');
  expect((await read(torn)).sheets[0]?.rows).toEqual([['1']]);
});
