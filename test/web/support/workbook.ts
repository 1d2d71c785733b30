import { makeZip } from '../../extensions/support/zip.ts';

const HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';

/** A workbook of one sheet, `Numbers`, with these rows of XML, these shared strings and formats of numbers. */
export function makeWorkbook(
  rows: string,
  { strings = [], formats = [], book = '' }: { strings?: string[]; formats?: string[]; book?: string } = {},
): Buffer {
  const parts = {
    'xl/workbook.xml': `<workbook xmlns:r="r">${book}<sheets><sheet name="Numbers &amp; more" sheetId="1" r:id="rId1"/></sheets></workbook>`,
    'xl/_rels/workbook.xml.rels':
      '<Relationships><Relationship Id="rId1" Target="worksheets/sheet1.xml"/></Relationships>',
    'xl/sharedStrings.xml': `<sst>${strings.map((text) => `<si>${text}</si>`).join('')}</sst>`,
    'xl/styles.xml': `<styleSheet><numFmts>${formats.map((format, id) => `<numFmt numFmtId="${164 + id}" formatCode="${format}"/>`).join('')}</numFmts><cellStyleXfs><xf numFmtId="9"/></cellStyleXfs><cellXfs><xf numFmtId="0"/>${formats.map((_, id) => `<xf numFmtId="${164 + id}"/>`).join('')}</cellXfs></styleSheet>`,
    'xl/worksheets/sheet1.xml': `<worksheet><sheetData>${rows}</sheetData></worksheet>`,
  };
  return makeZip(Object.entries(parts).map(([name, text]) => ({ name, content: Buffer.from(HEAD + text) })));
}
