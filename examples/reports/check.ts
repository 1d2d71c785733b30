import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseCsv } from '../../src/text/csv.ts';
import { readOutline } from '../../src/web/documents/read-outline.ts';
import { readWorkbook } from '../../src/web/workbook/read.ts';
import { type Figures, figuresOf, type Table } from './figures.ts';
import { isBlank, wordsOutside } from './pages.ts';
import type { Manifest } from './prepare.ts';

/** What the checker found. */
export interface CheckResult {
  ok: boolean;
  mails: number;
  problemsInArchive: number;
  formulas: number;
  slides: number;
  pages: number;
  problems: string[];
}

/** Where things lie: what the team was given, what it made, and what `open.sh` saw of that. */
export interface Places {
  archive: string;
  reports: string;
  opened: string;
}

const SUMMARIES = ['By month', 'By domain and year', 'By era'];
/** What `open.sh` adds to the first mail before all is calculated anew, bytes. */
const ADDED = 1_000_000;

/**
 * Checks the finished reports against the archive: the stored values of the workbook, its formulas by what they give when an input was
 * changed, the deck and the PDF by what independent programs show of them. All figures are counted again with code of its own.
 */
export async function check({ archive, reports, opened }: Places, manifest: Manifest): Promise<CheckResult> {
  const problems: string[] = [];
  await checkArchive(archive, manifest, problems);
  for (const name of await readdir(reports)) {
    if (!/^archive\.(xlsx|pptx|pdf)$/.test(name)) problems.push(`${name}: was left behind`);
  }
  const figures = await figuresOf(archive, manifest);
  const formulas = await checkWorkbook(join(reports, 'archive.xlsx'), figures, problems);
  await checkChanged(opened, figures, problems);
  const slides = await checkDeck(join(reports, 'archive.pptx'), opened, figures, problems);
  const pages = await checkPdf(opened, figures, problems);
  return {
    ok: problems.length === 0,
    mails: figures.mails,
    problemsInArchive: figures.copies + figures.noSender + figures.undated,
    formulas,
    slides,
    pages,
    problems,
  };
}

async function checkArchive(archive: string, manifest: Manifest, problems: string[]): Promise<void> {
  const files = [
    ...manifest.mails.map(({ month, file, sha256 }) => ({ file: join('mails', month, file), sha256 })),
    ...manifest.addresses.map(({ file, sha256 }) => ({ file: join('addresses', file), sha256 })),
  ];
  for (const { file, sha256 } of files) {
    const bytes = await readFile(join(archive, file));
    if (createHash('sha256').update(bytes).digest('hex') !== sha256) problems.push(`${file}: was changed`);
  }
}

/** Compares the stored values of each sheet, and sees that what follows from others is a formula. Returns how many there are. */
async function checkWorkbook(file: string, figures: Figures, problems: string[]): Promise<number> {
  const { sheets, reason } = await readWorkbook(file);
  if (reason !== null) problems.push(`archive.xlsx: can't be read, ${reason}`);
  let count = 0;
  for (const [name, expected] of Object.entries(figures.sheets)) {
    const sheet = sheets.find((each) => each.name === name);
    const rows = sheet?.rows ?? [];
    compareTables(
      `archive.xlsx, ${name}`,
      name === 'Problems' ? withoutDetails(rows) : rows,
      known(name, expected),
      problems,
    );
    if (!SUMMARIES.includes(name)) continue;
    const formulas = Object.keys(sheet?.formulas ?? {});
    count += formulas.length;
    const numbers = (expected.length - 1) * ((expected[0]?.length ?? 0) - 1);
    const found = formulas.filter((at) => /^[B-Z]\d+$/.test(at) && !/^[A-Z]1$/.test(at)).length;
    if (found < numbers) problems.push(`archive.xlsx, ${name}: ${numbers - found} numbers are no formulas`);
  }
  return count;
}

/** How a mail without sender is written, and why one is undated, are said in anybody's words. */
const withoutDetails = (rows: readonly (string | number)[][]): Table =>
  rows.map((row) => (row[1] === 'copy' || row[0] === 'file' ? row : row.slice(0, 2)));

const known = (name: string, table: Table): Table => (name === 'Problems' ? withoutDetails(table) : table);

/** The workbook as LibreOffice calculated it after the first mail had grown: only what follows from that may be different. */
async function checkChanged(opened: string, figures: Figures, problems: string[]): Promise<void> {
  const first = figures.sheets.Mails?.[1] ?? [];
  const grown = first[6] === '' ? ADDED : 0; // a copy counts in no sum
  const added = (row: Table[number]): Table[number] =>
    row[0] === first[1] || row[0] === 'total' ? row.with(4, Number(row[4]) + grown) : row;
  for (const name of SUMMARIES) {
    const text = await textOf(join(opened, `book-${name}.csv`));
    const expected = figures.sheets[name] ?? [];
    compareTables(
      `${name}, calculated anew with ${ADDED} bytes more`,
      parseCsv(text),
      name === 'By month' ? expected.map(added) : expected,
      problems,
    );
  }
}

/** At most three differences are told of each table. */
function compareTables(
  what: string,
  found: readonly (string | number)[][],
  expected: Table,
  problems: string[],
): void {
  const plain = (row: readonly (string | number)[] = []): string =>
    row
      .map((cell) =>
        String(cell)
          .replace(/^(\d{1,3})((?:,\d{3})+)$/, (digits) => digits.replaceAll(',', ''))
          .trim(),
      )
      .join(' | ')
      .replace(/[ |]+$/, '');
  const wrong = expected.flatMap((row, at) =>
    plain(found[at]) === plain(row)
      ? []
      : [`${what}, row ${at + 1}: says ${plain(found[at]) || 'nothing'}, counted ${plain(row)}`],
  );
  if (found.filter((row) => plain(row) !== '').length > expected.length)
    wrong.push(`${what}: has ${found.length - expected.length} rows too many`);
  problems.push(
    ...wrong.slice(0, 3),
    ...(wrong.length > 3 ? [`${what}: ${wrong.length - 3} more rows are wrong`] : []),
  );
}

async function checkDeck(
  file: string,
  opened: string,
  figures: Figures,
  problems: string[],
): Promise<number> {
  const { parts, reason } = await readOutline(file, 'deck');
  if (reason !== null) problems.push(`archive.pptx: can't be read, ${reason}`);
  if (parts.length < 5 || parts.length > 9)
    problems.push(`archive.pptx: has ${parts.length} slides, not 5 to 9`);
  for (const [at, { title }] of parts.entries())
    if (title === '') problems.push(`archive.pptx, slide ${at + 1}: has no title`);
  const charts = parts.flatMap(({ blocks }) => blocks).filter(({ kind }) => kind === 'picture').length;
  if (charts < 2) problems.push(`archive.pptx: has ${charts} charts, not 2`);
  if (!parts.some(({ notes }) => notes.some((note) => SUMMARIES.some((name) => note.includes(name)))))
    problems.push('archive.pptx: no notes say from which sheet the figures are');
  const shown = await checkPages('archive.pptx', 'deck', opened, parts.length, problems);
  const month = figures.sheets['By month']?.slice(1, -1).filter(([name]) => name !== 'undated') ?? [];
  const fullest = month.reduce(
    (most, row) => (Number(row[1]) > Number(most[1]) ? row : most),
    month[0] ?? [],
  );
  const domain = figures.sheets['By domain and year']?.[1]?.[0] ?? '';
  const { mails, copies, noSender, undated, addresses, words } = figures;
  for (const wanted of [mails, fullest[0], fullest[1], domain, addresses, words, copies, noSender, undated])
    if (!says(shown, wanted)) problems.push(`archive.pptx: does not show ${wanted}`);
  return parts.length;
}

async function checkPdf(opened: string, figures: Figures, problems: string[]): Promise<number> {
  const quality = await textOf(join(opened, 'qpdf.txt'));
  if (!/No syntax or stream encoding errors/.test(quality))
    problems.push(`archive.pdf: qpdf says ${quality.trim() || 'nothing'}`);
  const about = await textOf(join(opened, 'report.info'));
  const pages = Number(/^Pages:\s+(\d+)$/m.exec(about)?.[1] ?? 0);
  if (!/^Title:\s+\S/m.test(about)) problems.push('archive.pdf: its properties have no title');
  if (!/^Page size:.*\(A4\)/m.test(about)) problems.push('archive.pdf: is not on A4');
  const shown = await checkPages('archive.pdf', 'report', opened, pages, problems);
  for (let page = 1; page <= pages; page++)
    if (!shown.includes(`page ${page} of ${pages}`))
      problems.push(`archive.pdf: page ${page} of ${pages} has no number`);
  const lines = (await textOf(join(opened, 'report.txt'))).split('\n').map(inDigits);
  const has = (row: Table[number]): boolean => lines.some((line) => row.every((cell) => says(line, cell)));
  for (const name of ['By month', 'By era'])
    for (const row of figures.sheets[name] ?? [])
      if (!has(row)) problems.push(`archive.pdf: has no row ${row.join(' ')}`);
  for (const row of withoutDetails(figures.sheets.Problems ?? []).slice(1))
    if (!has(row)) problems.push(`archive.pdf: does not name the problem ${row.join(' ')}`);
  return pages;
}

/** Looks at the pages as pictures, and at where their words stand. Returns the words in their order, numbers as digits. */
async function checkPages(
  what: string,
  name: string,
  opened: string,
  pages: number,
  problems: string[],
): Promise<string> {
  const pictures = (await readdir(opened)).filter(
    (file) => file.startsWith(`${name}-`) && file.endsWith('.pgm'),
  );
  if (pictures.length !== pages || pages === 0)
    problems.push(`${what}: ${pictures.length} of ${pages} pages can be shown`);
  for (const file of pictures.sort())
    if (isBlank(await readFile(join(opened, file)))) problems.push(`${what}: a page is empty, ${file}`);
  const places = await textOf(join(opened, `${name}.html`));
  for (const word of wordsOutside(places)) problems.push(`${what}: "${word}" is off its page`);
  return inDigits([...places.matchAll(/<word [^>]*>([^<]*)<\/word>/g)].map(([, word]) => word).join(' '));
}

/** Numbers of thousands as digits only. */
const inDigits = (text: string): string => text.replaceAll(/(?<=\d)[,.'\u202f](?=\d{3}\b)/g, '');

/** Whether a text has a word or a number by itself, not as a part of another. */
function says(text: string, wanted: string | number | undefined): boolean {
  const escaped = String(wanted).replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`(?<![\\w-])${escaped}(?![\\w-])`).test(text);
}

/** A file's text, or nothing when it is not there: the caller says what is missing. */
async function textOf(file: string): Promise<string> {
  return readFile(file, 'utf8').catch(() => '');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [archive, manifest, reports, opened] = process.argv.slice(2);
  if (!archive || !manifest || !reports || !opened) {
    process.stderr.write('usage: npx node examples/reports/check.ts ARCHIVE MANIFEST.json REPORTS OPENED\n');
    process.exit(2);
  }
  const result = await check({ archive, reports, opened }, JSON.parse(await readFile(manifest, 'utf8')));
  process.stdout.write(`${JSON.stringify(result)}\n`);
  process.exit(result.ok ? 0 : 1);
}
