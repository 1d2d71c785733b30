import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Manifest } from './prepare.ts';

/** What the checker found. */
export interface CheckResult {
  ok: boolean;
  addresses: number;
  eras: number;
  words: number;
  digests: number;
  problems: string[];
}

const ERAS: [name: string, first: number, last: number][] = [
  ['founding', 1790, 1828],
  ['expansion', 1829, 1860],
  ['civil-war', 1861, 1877],
  ['industry', 1878, 1916],
  ['world-wars', 1917, 1945],
  ['cold-war', 1946, 1991],
  ['today', 1992, 2021],
];
const THEMES = ['war', 'peace', 'freedom', 'commerce', 'jobs'];
const ALLOWED = /^(comparison\.(csv|md)|chart\.(svg|png)|eras\/[a-z-]+\/digest\.md)$/;

interface Era {
  name: string;
  presidents: Set<string>;
  addresses: number;
  words: number;
  longest: { file: string; words: number };
  themes: number[];
}

/** Checks the finished job: it counts all words again with code of its own, and believes nothing that the team wrote. */
export async function check(folder: string, manifest: Manifest): Promise<CheckResult> {
  const problems: string[] = [];
  const eras = ERAS.map(
    ([name]): Era => ({
      name,
      presidents: new Set(),
      addresses: 0,
      words: 0,
      longest: { file: '', words: 0 },
      themes: THEMES.map(() => 0),
    }),
  );
  let unchanged = 0;
  for (const { file, year, president, sha256 } of manifest.addresses) {
    const bytes = await readFile(join(folder, file)).catch(() => undefined);
    if (!bytes) problems.push(`${file}: is gone`);
    else if (createHash('sha256').update(bytes).digest('hex') !== sha256)
      problems.push(`${file}: its bytes were changed`);
    else {
      unchanged++;
      const era = eras[ERAS.findIndex(([, first, last]) => first <= year && year <= last)];
      if (era) addTo(era, file, president, wordsOf(bytes.toString('utf8')));
    }
  }
  await checkStray(folder, manifest, problems);
  await checkTable(folder, eras, problems);
  const digests = await checkDigests(folder, eras, problems);
  const comparison = await textOf(join(folder, 'comparison.md'));
  for (const { name } of eras) {
    if (!comparison.includes(name)) problems.push(`comparison.md: does not name ${name}`);
  }
  const chart = await textOf(join(folder, 'chart.svg'));
  if (
    !chart.includes('<svg') ||
    (chart.match(/<(rect|path|circle|polyline|line)\b/g)?.length ?? 0) < eras.length
  ) {
    problems.push('chart.svg: is no chart');
  }
  const words = eras.reduce((sum, era) => sum + era.words, 0);
  return { ok: problems.length === 0, addresses: unchanged, eras: eras.length, words, digests, problems };
}

function addTo(era: Era, file: string, president: string, words: string[]): void {
  era.addresses++;
  era.words += words.length;
  era.presidents.add(president);
  if (words.length > era.longest.words) era.longest = { file, words: words.length };
  era.themes = era.themes.map(
    (count, place) => count + words.filter((word) => word === THEMES[place]).length,
  );
}

/** Runs of the letters a to z, with apostrophes that stand between two of them; read letter by letter. */
function wordsOf(text: string): string[] {
  const isLetter = (at: number) => {
    const code = text.charCodeAt(at) | 32;
    return text.charCodeAt(at) < 128 && code >= 97 && code <= 122;
  };
  const words: string[] = [];
  for (let at = 0; at < text.length; at++) {
    if (!isLetter(at)) continue;
    const from = at;
    while (isLetter(at) || (/['\u2019]/.test(text[at] ?? '') && isLetter(at - 1) && isLetter(at + 1))) at++;
    words.push(text.slice(from, at).toLowerCase());
  }
  return words;
}

async function checkStray(folder: string, manifest: Manifest, problems: string[]): Promise<void> {
  const known = new Set(manifest.addresses.map(({ file }) => file));
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath.slice(folder.length), entry.name).replace(/^\//, '');
    if (!entry.isDirectory() && !known.has(path) && !ALLOWED.test(path))
      problems.push(`${path}: was left behind`);
  }
}

async function checkTable(folder: string, eras: Era[], problems: string[]): Promise<void> {
  const lines = (await textOf(join(folder, 'comparison.csv'))).trim().split(/\r?\n/);
  const header = ['era', 'addresses', 'words', 'longest', ...THEMES].join(',');
  if (lines[0] !== header) problems.push(`comparison.csv: its first line is not ${header}`);
  if (lines.length !== eras.length + 1)
    problems.push(`comparison.csv: has ${lines.length - 1} eras, not ${eras.length}`);
  for (const { name, addresses, words, longest, themes } of eras) {
    const expected = [name, addresses, words, longest.file, ...themes].join(',');
    const found = lines.find((line) => line.startsWith(`${name},`)) ?? 'nothing';
    if (found !== expected) problems.push(`comparison.csv: says ${found}, counted ${expected}`);
  }
}

async function checkDigests(folder: string, eras: Era[], problems: string[]): Promise<number> {
  let digests = 0;
  for (const { name, addresses, words, presidents, longest } of eras) {
    const file = `eras/${name}/digest.md`;
    const text = (await textOf(join(folder, file))).toLowerCase();
    const digits = text.replaceAll(/(?<=\d)[ ,.'\u202f](?=\d{3}\b)/g, '');
    const before = problems.length;
    if (!digits.includes(String(addresses)) || !digits.includes(String(words))) {
      problems.push(`${file}: does not say ${addresses} addresses and ${words} words`);
    }
    const missing = [...presidents].filter((president) => !text.includes(president));
    if (missing.length > 0) problems.push(`${file}: does not name ${missing.join(', ')}`);
    if (!text.includes(longest.file)) problems.push(`${file}: does not name the longest, ${longest.file}`);
    if (problems.length === before) digests++;
  }
  return digests;
}

/** A file's text, or nothing when it is not there: the caller says what is missing. */
async function textOf(file: string): Promise<string> {
  return readFile(file, 'utf8').catch(() => '');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [folder, manifest] = process.argv.slice(2);
  if (!folder || !manifest) {
    process.stderr.write('usage: npx node examples/addresses/check.ts FOLDER MANIFEST.json\n');
    process.exit(2);
  }
  const result = await check(folder, JSON.parse(await readFile(manifest, 'utf8')));
  process.stdout.write(`${JSON.stringify(result)}\n`);
  process.exit(result.ok ? 0 : 1);
}
