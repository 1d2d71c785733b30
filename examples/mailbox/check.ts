import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type DatedAs, dateMail } from './dates.ts';
import type { Manifest } from './prepare.ts';

/** What the checker found. */
export interface CheckResult {
  ok: boolean;
  /** Mails that lie unchanged in the right folder. */
  mails: number;
  /** Month folders. */
  folders: number;
  undated: number;
  digests: number;
  problems: string[];
}

const REASONS = ['missing', 'unreadable', 'implausible', 'zone'];

/**
 * Checks the finished job against the mails as they were laid out. It dates each mail itself, from the data set,
 * with code of its own: nothing that the team wrote is believed.
 */
export async function check(folder: string, manifest: Manifest): Promise<CheckResult> {
  const problems: string[] = [];
  const places = await placesOf(folder, problems);
  const index = await table(
    join(folder, 'index.csv'),
    ['file', 'month', 'date', 'from', 'subject'],
    problems,
  );
  const reasons = await table(join(folder, 'undated', 'reasons.csv'), ['file', 'reason', 'detail'], problems);
  const expected = new Map<string, number>();
  let mails = 0;
  for (const { file, source, sha256 } of manifest.mails) {
    const dated = dateMail(await readFile(join(manifest.data, source)));
    expected.set(dated.folder, (expected.get(dated.folder) ?? 0) + 1);
    const before = problems.length;
    await checkMail({ folder, file, sha256, dated, places, problems });
    if (problems.length === before) mails++;
    checkRow(index.get(file), file, dated, problems);
    checkReason(reasons.get(file), file, dated, problems);
  }
  for (const file of places.keys()) {
    if (!manifest.mails.some((mail) => mail.file === file)) problems.push(`${file}: was not among the mails`);
  }
  if (index.size !== manifest.mails.length) {
    problems.push(`index.csv has ${index.size} mails, the mailbox ${manifest.mails.length}`);
  }
  const months = [...expected.keys()].filter((month) => month !== 'undated').sort();
  const digests = await checkTexts(folder, months, problems);
  return {
    ok: problems.length === 0,
    mails,
    folders: months.length,
    undated: expected.get('undated') ?? 0,
    digests,
    problems,
  };
}

/** Where each mail lies: file name to the folders that hold it. Also notes what has no business here. */
async function placesOf(folder: string, problems: string[]): Promise<Map<string, string[]>> {
  const places = new Map<string, string[]>();
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    const inside = entry.parentPath.slice(folder.length).replace(/^\//, '');
    if (entry.isSymbolicLink()) problems.push(`${join(inside, entry.name)}: is a link`);
    if (!entry.isFile()) continue;
    if (entry.name.endsWith('.eml')) places.set(entry.name, [...(places.get(entry.name) ?? []), inside]);
    else if (
      !/^(index\.csv|overview\.md|chart\.(svg|png)|undated\/reasons\.csv|\d{4}-\d\d\/digest\.md)$/.test(
        join(inside, entry.name),
      )
    ) {
      problems.push(`${join(inside, entry.name)}: was left behind`);
    }
  }
  return places;
}

interface MailCheck {
  folder: string;
  file: string;
  sha256: string;
  dated: DatedAs;
  places: Map<string, string[]>;
  problems: string[];
}

async function checkMail({ folder, file, sha256, dated, places, problems }: MailCheck): Promise<void> {
  const found = places.get(file) ?? [];
  if (found.length !== 1)
    problems.push(`${file}: lies in ${found.length} places${found.length ? `: ${found.join(', ')}` : ''}`);
  const [place] = found;
  if (place === undefined) return;
  if (place !== dated.folder)
    problems.push(`${file}: lies in ${place || 'the root'}, belongs to ${dated.folder}`);
  const now = createHash('sha256')
    .update(await readFile(join(folder, place, file)))
    .digest('hex');
  if (now !== sha256) problems.push(`${file}: its bytes were changed`);
}

function checkRow(
  row: Record<string, string> | undefined,
  file: string,
  dated: DatedAs,
  problems: string[],
): void {
  if (!row) {
    problems.push(`${file}: is not in index.csv`);
    return;
  }
  if (row.month !== dated.folder) problems.push(`${file}: index.csv says ${row.month}, not ${dated.folder}`);
  if (row.date !== dated.date)
    problems.push(`${file}: index.csv dates it ${row.date || 'not at all'}, not ${dated.date || 'undated'}`);
  if (dated.hasFrom && !row.from) problems.push(`${file}: index.csv names no sender`);
  if (dated.hasSubject && !row.subject) problems.push(`${file}: index.csv has no subject`);
}

function checkReason(
  row: Record<string, string> | undefined,
  file: string,
  dated: DatedAs,
  problems: string[],
): void {
  if (dated.folder !== 'undated') {
    if (row) problems.push(`${file}: is dated, but stands in undated/reasons.csv`);
    return;
  }
  if (!row) problems.push(`${file}: is undated without a reason`);
  else if (row.reason !== dated.reason || !REASONS.includes(row.reason ?? '')) {
    problems.push(`${file}: the reason is ${dated.reason}, not ${row.reason}`);
  }
}

/** Digests, overview and chart: there, and not empty; the overview names every month. */
async function checkTexts(folder: string, months: string[], problems: string[]): Promise<number> {
  let digests = 0;
  for (const month of months) {
    const text = await textOf(join(folder, month, 'digest.md'));
    if (text.length < 80) problems.push(`${month}/digest.md: is missing or says nothing`);
    else digests++;
  }
  const overview = await textOf(join(folder, 'overview.md'));
  const missing = months.filter((month) => !overview.includes(month));
  if (missing.length > 0) problems.push(`overview.md: does not name ${missing.join(', ')}`);
  if (!/chart\.(svg|png)/.test(overview)) problems.push('overview.md: shows no chart');
  const chart = await textOf(join(folder, 'chart.svg'));
  const marks = chart.match(/<(rect|path|circle|line|polyline|polygon)\b/g)?.length ?? 0;
  const png = (await textOf(join(folder, 'chart.png'), 'latin1')).startsWith('\x89PNG');
  if (!png && (!chart.includes('<svg') || marks < Math.min(3, months.length)))
    problems.push('chart.svg: is no chart');
  return digests;
}

/** A file's text, or nothing when it is not there: the caller says what is missing. */
async function textOf(file: string, encoding: 'utf8' | 'latin1' = 'utf8'): Promise<string> {
  return readFile(file, encoding).catch(() => '');
}

/** Rows of a CSV file (RFC 4180) by their `file` column. */
async function table(
  path: string,
  columns: string[],
  problems: string[],
): Promise<Map<string, Record<string, string>>> {
  const [header = [], ...rows] = parseCsv(await textOf(path));
  const name = path.split('/').slice(-2).join('/');
  const missing = columns.filter((column) => !header.includes(column));
  if (missing.length > 0) problems.push(`${name}: has no column ${missing.join(', ')}`);
  const byFile = new Map<string, Record<string, string>>();
  for (const row of rows) {
    const record = Object.fromEntries(header.map((column, place) => [column, row[place] ?? '']));
    const file = record.file ?? '';
    if (byFile.has(file)) problems.push(`${name}: ${file} stands there twice`);
    byFile.set(file, record);
  }
  return byFile;
}

function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  const row: string[] = [];
  let cell = '';
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const c = text[at];
    if (quoted) {
      if (c !== '"') cell += c;
      else if (text[at + 1] === '"') cell += text[++at] ?? '';
      else quoted = false;
    } else if (c === '"') quoted = true;
    else if (c === ',' || c === '\n') {
      row.push(cell);
      cell = '';
      if (c === '\n') rows.push(row.splice(0));
    } else if (c !== '\r') cell += c;
  }
  if (cell !== '' || row.length > 0) rows.push([...row, cell]);
  return rows;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [folder, manifest] = process.argv.slice(2);
  if (!folder || !manifest) {
    process.stderr.write('usage: npx node examples/mailbox/check.ts FOLDER MANIFEST.json\n');
    process.exit(2);
  }
  const result = await check(folder, JSON.parse(await readFile(manifest, 'utf8')));
  process.stdout.write(`${JSON.stringify(result)}\n`);
  process.exit(result.ok ? 0 : 1);
}
