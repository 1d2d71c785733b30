import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Manifest } from './prepare.ts';

/** A table as the job asks for it: the header, then the rows. */
export type Table = (string | number)[][];

/** What the reports must say, counted from the archive by code of its own. */
export interface Figures {
  /** The six sheets by name. */
  sheets: Record<string, Table>;
  mails: number;
  copies: number;
  noSender: number;
  undated: number;
  addresses: number;
  words: number;
}

interface Mail {
  file: string;
  month: string;
  year: string;
  sender: string;
  domain: string;
  written: string;
  bytes: number;
  copyOf: string;
}

const ERAS: [name: string, last: number][] = [
  ['founding', 1828],
  ['expansion', 1860],
  ['civil-war', 1877],
  ['industry', 1916],
  ['world-wars', 1945],
  ['cold-war', 1991],
  ['today', 9999],
];
const APOSTROPHES = /['\u2019]/;

/** Counts all figures again from the archive; nothing that the team wrote is read. */
export async function figuresOf(archive: string, manifest: Manifest): Promise<Figures> {
  const mails = await readMails(archive, manifest);
  const counted = mails.filter(({ copyOf }) => copyOf === '');
  const speeches = await Promise.all(
    manifest.addresses.toSorted(byFile).map(async ({ file, year, president }) => {
      const words = countWords(await readFile(join(archive, 'addresses', file), 'utf8'));
      return { file, year, president, era: ERAS.find(([, last]) => year <= last)?.[0] ?? '', words };
    }),
  );
  const problems = mails.flatMap(problemsOf);
  return {
    sheets: {
      Mails: [
        ['file', 'month', 'year', 'sender', 'domain', 'bytes', 'copy of'],
        ...mails.map((mail) => [
          mail.file,
          mail.month,
          mail.year,
          mail.sender,
          mail.domain,
          mail.bytes,
          mail.copyOf,
        ]),
      ],
      'By month': byMonth(mails),
      'By domain and year': byDomain(counted),
      Addresses: [
        ['file', 'year', 'president', 'era', 'words'],
        ...speeches.map(({ file, year, president, era, words }) => [file, year, president, era, words]),
      ],
      'By era': byEra(speeches),
      Problems: [['file', 'problem', 'detail'], ...problems],
    },
    mails: counted.length,
    copies: mails.length - counted.length,
    noSender: problems.filter(([, problem]) => problem === 'no sender').length,
    undated: problems.filter(([, problem]) => problem === 'undated').length,
    addresses: speeches.length,
    words: sum(speeches.map(({ words }) => words)),
  };
}

const sum = (numbers: number[]): number => numbers.reduce((all, number) => all + number, 0);

const byFile = (a: { file: string }, b: { file: string }): number => (a.file < b.file ? -1 : 1);

async function readMails(archive: string, manifest: Manifest): Promise<Mail[]> {
  const firstWith = new Map<string, string>();
  const mails: Mail[] = [];
  for (const { file, month, size } of manifest.mails.toSorted(byFile)) {
    const text = (await readFile(join(archive, 'mails', month, file))).toString('latin1');
    const end = /\r?\n\r?\n/.exec(text) ?? { index: text.length, 0: '' };
    const body = text.slice(end.index + end[0].length);
    const copyOf = firstWith.get(body) ?? '';
    if (copyOf === '') firstWith.set(body, file);
    const written = fromOf(text.slice(0, end.index).split(/\r?\n/));
    const sender = senderOf(written);
    const domain = sender.split('@')[1] ?? '';
    const year = month === 'undated' ? month : month.slice(0, 4);
    mails.push({ file, month, year, sender, domain, written, bytes: size, copyOf });
  }
  return mails;
}

/** The first From header, its continued lines joined; the line `From x` of a mailbox file is none. */
function fromOf(lines: string[]): string {
  const at = lines.findIndex((line) => /^from:/i.test(line));
  if (at === -1) return '';
  let text = lines[at]?.slice(5) ?? '';
  for (let next = at + 1; /^[ \t]/.test(lines[next] ?? ''); next++) text += ` ${lines[next]}`;
  return text.replaceAll(/\s+/g, ' ').trim();
}

function senderOf(written: string): string {
  const open = written.lastIndexOf('<');
  const close = written.indexOf('>', open);
  const inBrackets = open !== -1 && close !== -1 ? written.slice(open + 1, close).trim() : undefined;
  const found = (inBrackets ?? written.split(' ').find((word) => word.includes('@')) ?? '').toLowerCase();
  const [local = '', domain = '', ...more] = found.split('@');
  const isAddress =
    local !== '' && !/\s/.test(local) && more.length === 0 && domain.includes('.') && isDomain(domain);
  return isAddress ? found : '';
}

const isDomain = (domain: string): boolean =>
  domain.split('.').every((part) => part !== '' && [...part].every((letter) => /[a-z0-9-]/.test(letter)));

function problemsOf({ file, month, sender, written, copyOf }: Mail): string[][] {
  return [
    ...(copyOf !== '' ? [[file, 'copy', copyOf]] : []),
    ...(sender === '' ? [[file, 'no sender', written]] : []),
    ...(month === 'undated' ? [[file, 'undated', '']] : []),
  ];
}

function byMonth(mails: Mail[]): Table {
  const row = (name: string, own: Mail[]): Table[number] => {
    const counted = own.filter(({ copyOf }) => copyOf === '');
    const unsent = counted.filter(({ sender }) => sender === '');
    return [
      name,
      counted.length,
      own.length - counted.length,
      unsent.length,
      sum(counted.map(({ bytes }) => bytes)),
    ];
  };
  const months = [...new Set(mails.map(({ month }) => month))].sort();
  return [
    ['month', 'mails', 'copies', 'no sender', 'bytes'],
    ...months.map((month) =>
      row(
        month,
        mails.filter((mail) => mail.month === month),
      ),
    ),
    row('total', mails),
  ];
}

function byDomain(counted: Mail[]): Table {
  const years = [...new Set(counted.map(({ year }) => year))].sort();
  const groups = Map.groupBy(
    counted.filter(({ domain }) => domain !== ''),
    ({ domain }) => domain,
  );
  const top = [...groups]
    .sort(([a, some], [b, others]) => others.length - some.length || (a < b ? -1 : 1))
    .slice(0, 10)
    .map(([domain]) => domain);
  const row = (name: string, own: Mail[]): Table[number] => [
    name,
    ...years.map((year) => own.filter((mail) => mail.year === year).length),
    own.length,
  ];
  return [
    ['domain', ...years, 'total'],
    ...top.map((domain) => row(domain, groups.get(domain) ?? [])),
    row(
      'all others',
      counted.filter(({ domain }) => !top.includes(domain)),
    ),
    row('total', counted),
  ];
}

function byEra(speeches: { era: string; words: number }[]): Table {
  const row = (name: string, own: number[]): Table[number] => [
    name,
    own.length,
    sum(own),
    Math.round(sum(own) / own.length),
    Math.max(...own),
  ];
  const wordsOf = (era: string) => speeches.filter((speech) => speech.era === era).map(({ words }) => words);
  return [
    ['era', 'addresses', 'words', 'mean', 'longest'],
    ...ERAS.map(([era]) => row(era, wordsOf(era))),
    row(
      'total',
      speeches.map(({ words }) => words),
    ),
  ];
}

/** Runs of the letters a to z, with apostrophes that stand between two of them; read letter by letter. */
function countWords(text: string): number {
  const isLetter = (at: number): boolean => {
    const code = text.charCodeAt(at);
    return code < 128 && (code | 32) >= 97 && (code | 32) <= 122;
  };
  let words = 0;
  for (let at = 0; at < text.length; at++) {
    if (!isLetter(at)) continue;
    words++;
    while (isLetter(at) || (APOSTROPHES.test(text[at] ?? '') && isLetter(at - 1) && isLetter(at + 1))) at++;
  }
  return words;
}
