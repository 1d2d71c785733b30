import { formatOf, showNumber } from './formats.ts';
import { tagsOf } from './tags.ts';
import { unpackParts } from './unpack.ts';

/** One sheet as a table: rows from the first on, each up to its last filled cell. */
export interface Sheet {
  name: string;
  rows: string[][];
  /** Formulas by the address of their cell, without the sign of equality. */
  formulas: Record<string, string>;
  /** Whether there is more than is shown. */
  isCut: boolean;
}

/** A workbook (xlsx, ECMA-376) as it was stored; `reason` says why it can't be read. */
export interface Workbook {
  sheets: Sheet[];
  reason: string | null;
}

/** What is read of a workbook: enough to look at, and bounded whatever it claims. */
const MOST = { sheets: 30, rows: 2_000, columns: 100, cells: 100_000, letters: 500 };

const WANTED =
  /^xl\/(?:workbook\.xml|_rels\/workbook\.xml\.rels|sharedStrings\.xml|styles\.xml|worksheets\/[^/]+\.xml)$/;

/** Reads a workbook of anybody: nothing is calculated, no macro, link or picture of it is looked at. */
export async function readWorkbook(file: string): Promise<Workbook> {
  try {
    const parts = await unpackParts(file, (name) => WANTED.test(name));
    const book = parts.get('xl/workbook.xml');
    if (book === undefined) return { sheets: [], reason: 'it has no workbook.xml' };
    const look: Look = {
      strings: stringsOf(parts.get('xl/sharedStrings.xml')),
      ...stylesOf(parts.get('xl/styles.xml')),
      epoch: 1900,
      cells: MOST.cells,
    };
    const places = new Map<string, string>();
    for (const { name, attribute } of tagsOf(parts.get('xl/_rels/workbook.xml.rels') ?? ''))
      if (name === 'Relationship') places.set(attribute('Id') ?? '', attribute('Target') ?? '');
    const sheets: Sheet[] = [];
    for (const { name, isEnd, attribute } of tagsOf(book)) {
      if (name === 'workbookPr' && /^(1|true)$/.test(attribute('date1904') ?? '')) look.epoch = 1904;
      if (name !== 'sheet' || isEnd || sheets.length >= MOST.sheets) continue;
      const target = places.get(attribute('r:id') ?? '') ?? '';
      const place = target.startsWith('/') ? target.slice(1) : `xl/${target}`;
      const part = parts.get(place);
      parts.delete(place); // one that is named many times is read once
      sheets.push({ name: (attribute('name') ?? '').slice(0, 100), ...readSheet(part ?? '', look) });
    }
    return { sheets, reason: sheets.length === 0 ? 'it has no sheet' : null };
  } catch (error) {
    return { sheets: [], reason: error instanceof Error ? error.message : String(error) };
  }
}

interface Look {
  strings: string[];
  /** The format of numbers of each style. */
  formats: string[];
  epoch: 1900 | 1904;
  /** How many cells may still be read. */
  cells: number;
}

/** Texts that cells share; of a rich one the letters. What is spoken (rPh) is not of it. */
function stringsOf(document = ''): string[] {
  const strings: string[] = [];
  let text = '';
  let isSpoken = false;
  for (const tag of tagsOf(document)) {
    if (tag.name === 'rPh') isSpoken = !tag.isEnd;
    if (tag.name === 't' && !tag.isEnd && !isSpoken) text += tag.text;
    if (tag.name !== 'si') continue;
    if (tag.isEnd) strings.push(text.slice(0, MOST.letters));
    text = '';
  }
  return strings;
}

function stylesOf(document = ''): Pick<Look, 'formats'> {
  const own = new Map<number, string>();
  const formats: string[] = [];
  let isOfCells = false;
  for (const { name, isEnd, attribute } of tagsOf(document)) {
    if (name === 'numFmt' && !isEnd)
      own.set(Number(attribute('numFmtId')), (attribute('formatCode') ?? '').slice(0, 200));
    if (name === 'cellXfs') isOfCells = !isEnd;
    if (name === 'xf' && !isEnd && isOfCells) formats.push(formatOf(Number(attribute('numFmtId')), own));
  }
  return { formats };
}

function readSheet(document: string, look: Look): Omit<Sheet, 'name'> {
  const sheet: Omit<Sheet, 'name'> = { rows: [], formulas: {}, isCut: false };
  let cell: { at: string; type: string; style: number; value: string; formula: string } | undefined;
  for (const { name, isEnd, attribute, text } of tagsOf(document)) {
    if (look.cells <= 0) return { ...sheet, isCut: true };
    if (name === 'c' && !isEnd) {
      look.cells--;
      cell = {
        at: attribute('r') ?? '',
        type: attribute('t') ?? 'n',
        style: Number(attribute('s') ?? 0),
        value: '',
        formula: '',
      };
    } else if (cell === undefined || (isEnd && name !== 'c')) continue;
    else if (name === 'v' || name === 't') cell.value += text;
    else if (name === 'f') cell.formula = text;
    else if (name === 'c') {
      put(sheet, cell, look);
      cell = undefined;
    }
  }
  return sheet;
}

function put(
  sheet: Omit<Sheet, 'name'>,
  {
    at,
    type,
    style,
    value,
    formula,
  }: { at: string; type: string; style: number; value: string; formula: string },
  look: Look,
): void {
  const [, letters = '', digits = ''] = /^([A-Z]{1,3})(\d{1,7})$/.exec(at) ?? [];
  const row = Number(digits) - 1;
  const column = [...letters].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0) - 1;
  if (row < 0 || column < 0 || (value === '' && formula === '')) return;
  if (row >= MOST.rows || column >= MOST.columns) {
    sheet.isCut = true;
    return;
  }
  while (sheet.rows.length <= row) sheet.rows.push([]);
  const cells = sheet.rows[row] ?? [];
  while (cells.length <= column) cells.push('');
  cells[column] = shown(value, type, look.formats[style] ?? 'General', look).slice(0, MOST.letters);
  if (formula !== '') sheet.formulas[at] = formula.slice(0, MOST.letters);
}

function shown(value: string, type: string, format: string, { strings, epoch }: Look): string {
  if (type === 's') return strings[Number(value)] ?? '';
  if (type === 'b') return value === '1' ? 'TRUE' : 'FALSE';
  return type === 'n' ? showNumber(value, format, epoch) : value;
}
