import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { openMailbox } from '../mailbox/mailbox.ts';
import { type FullText, openFullText } from '../memory/full-text.ts';
import type { Task } from '../protocol/task.ts';
import { openTaskList } from '../tasklist/tasklist.ts';
import { teamFile, teamFolder } from '../team/paths.ts';
import { readTeam, type TeamRecord, teamNames } from '../team/team.ts';

/** A team in which something was found. */
export interface PastTeam {
  team: string;
  state: TeamRecord['phase'];
  job: string;
  created: string;
  ended: string | null;
  summary: string | null;
  excerpt: string;
}

/** Most text of one team that is indexed, in UTF-16 units for each part: what is newest counts. */
const PART_MAX = 100_000;
/** Begins the stamp of a team that has ended: only its record is looked at from then on. */
const OVER = 'over';

/**
 * Finds teams by what they were asked, did and said, the best first. First it reads what is new since the last search, which
 * costs a look at one file of each team that is over. The index is made again whenever it is missing or can't be read.
 */
export async function searchHistory(home: string, query: string, limit = 20): Promise<PastTeam[]> {
  if (teamNames(home).length === 0) return [];
  using index = openIndex(join(home, 'history.db'));
  await bringUpToDate(index, home);
  return index.search(query, limit).flatMap(({ id, excerpt }) => {
    const record = readIfWhole(teamFolder(home, id));
    if (record === undefined) return []; // removed since
    const { name: team, phase: state, job, created, ended, summary } = record;
    return [{ team, state, job, created, ended, summary, excerpt }];
  });
}

function openIndex(file: string): FullText {
  try {
    return openFullText(file);
  } catch {
    // It holds nothing of its own: begin anew.
    for (const each of [file, `${file}-wal`, `${file}-shm`]) rmSync(each, { force: true });
    return openFullText(file);
  }
}

async function bringUpToDate(index: FullText, home: string): Promise<void> {
  const known = index.stamps();
  const teams = teamNames(home);
  const there = new Set(teams);
  const gone = [...known.keys()].filter((name) => !there.has(name));
  const changed = teams.flatMap((name) => {
    const before = known.get(name);
    const dir = teamFolder(home, name);
    const record = stampOf(teamFile(dir));
    if (before === `${OVER} ${record}`) return [];
    const isOver = readIfWhole(dir)?.phase !== 'running';
    const stamp = isOver ? `${OVER} ${record}` : `${record} ${workFiles(dir).map(stampOf).join(' ')}`;
    return before === stamp ? [] : [{ name, stamp }];
  });
  if (gone.length === 0 && changed.length === 0) return;
  const pages = [];
  for (const { name, stamp } of changed)
    pages.push({ id: name, stamp, parts: await partsOf(teamFolder(home, name)) });
  index.update(pages, gone);
}

/** What is written to while a team works. */
const workFiles = (dir: string): string[] => [
  join(dir, 'tasks', 'journal.jsonl'),
  join(dir, 'mailbox', 'lead', 'inbox.jsonl'),
  join(dir, 'mailbox', 'user', 'inbox.jsonl'),
];

/** What tells a file from what it was. */
function stampOf(file: string): string {
  const stat = statSync(file, { throwIfNoEntry: false });
  return stat === undefined ? '-' : `${stat.size}@${stat.mtimeMs}`;
}

/** The job, how it ended, the tasks, the mail; what can't be read is left out, here it is not to be mended. */
async function partsOf(dir: string): Promise<string[]> {
  const record = readIfWhole(dir);
  if (record === undefined) return [];
  const about = `${record.name} ${record.job}`;
  // A server may be far away or gone.
  if (record.store !== undefined) return [about, record.summary ?? ''];
  const tasks = await openTaskList(dir)
    .list()
    .catch(() => []);
  const mail = await openMailbox(dir)
    .log()
    .catch(() => []);
  return [
    about,
    record.summary ?? '',
    tasks.map(sayTask).join('\n').slice(-PART_MAX),
    mail
      .map(({ from, to, text }) => `${from} to ${to}: ${text}`)
      .join('\n')
      .slice(-PART_MAX),
  ];
}

function sayTask({ id, subject, description, result }: Task): string {
  return [`${id} ${subject}`, description, result ?? ''].filter((part) => part !== '').join(': ');
}

function readIfWhole(dir: string): TeamRecord | undefined {
  try {
    return readTeam(dir);
  } catch {
    return undefined; // other commands say what is wrong with it
  }
}
