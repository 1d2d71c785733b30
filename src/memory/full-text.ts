import { closeSync, fchmodSync, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { FILE_MODE } from '../store/folders.ts';

/** A text that can be found, in parts that weigh differently: the first most. */
export interface Page {
  id: string;
  parts: readonly string[];
}

export interface Hit {
  id: string;
  /** Where it was found, with some words around. */
  excerpt: string;
}

/** An index of full texts; it holds nothing that is not in the files that it was made from. */
export interface FullText extends Disposable {
  /** What each page was made from, as it was said when it was put. */
  stamps(): Map<string, string>;
  /** Puts pages in place of those with their ids, and takes others away, all at once. */
  update(pages: Iterable<Page & { stamp: string }>, gone: Iterable<string>): void;
  /** The best pages that have all the words; from three letters on by their beginnings, without case and accents. */
  search(query: string, limit: number): Hit[];
}

/** How much more a part weighs than the last one. */
const WEIGHTS = [8, 4, 2, 1];
/** Words of so many letters stand for all that begin with them. */
const PREFIX = 3;
/** Length of an excerpt, in UTF-16 units. */
const EXCERPT = 160;
/** Shape of the tables; an index of another one is made anew. */
const SHAPE = 1;
const BUSY_MS = 2_000;

/** Opens an index in a file, or in memory. Throws what SQLite throws for a file that is none of its own. */
export function openFullText(file = ':memory:'): FullText {
  if (file !== ':memory:') makePrivate(file);
  const database = new DatabaseSync(file, { timeout: BUSY_MS });
  try {
    prepare(database);
  } catch (error) {
    database.close();
    throw error;
  }
  // SQLite's own excerpts cost more than all else: they are made for each row that is sorted.
  const rank = database.prepare('SELECT rowid FROM pages WHERE pages MATCH ? ORDER BY rank LIMIT ?');
  const show = database.prepare(
    'SELECT id, a, b, c, d FROM known JOIN pages ON pages.rowid = row WHERE row = ?',
  );
  const remove = database.prepare('SELECT row FROM known WHERE id = ?');
  const drop = database.prepare('DELETE FROM pages WHERE rowid = ?');
  const forget = database.prepare('DELETE FROM known WHERE id = ?');
  const insert = database.prepare('INSERT INTO pages VALUES (?, ?, ?, ?)');
  const know = database.prepare('INSERT INTO known VALUES (?, ?, ?)');

  const take = (id: string) => {
    const found = remove.get(id);
    if (found === undefined) return;
    drop.run(found.row as number); // a number, as `prepare` made the column
    forget.run(id);
  };

  return {
    stamps: () => {
      const rows = database.prepare('SELECT id, stamp FROM known').all() as { id: string; stamp: string }[]; // texts, both
      return new Map(rows.map(({ id, stamp }) => [id, stamp]));
    },
    update: (pages, gone) => {
      database.exec('BEGIN IMMEDIATE');
      try {
        for (const id of gone) take(id);
        for (const { id, parts, stamp } of pages) {
          take(id);
          const four = WEIGHTS.map((_, i) => parts[i] ?? '') as [string, string, string, string]; // as many as weights
          know.run(id, stamp, Number(insert.run(...four).lastInsertRowid));
        }
        database.exec('COMMIT');
      } catch (error) {
        database.exec('ROLLBACK');
        throw error;
      }
    },
    search: (query, limit) => {
      const words = wordsOf(query);
      if (words.length === 0) return [];
      // Quoted: no word means anything to SQLite.
      const all = words.map((word) => `"${word}"${word.length < PREFIX ? '' : '*'}`).join(' AND ');
      const best = rank.all(all, limit) as { rowid: number }[]; // what it selects
      return best.map(({ rowid }) => {
        const { id, a, b, c, d } = show.get(rowid) as Record<'id' | 'a' | 'b' | 'c' | 'd', string>; // texts, all
        return { id, excerpt: excerptOf([a, b, c, d], words) };
      });
    },
    [Symbol.dispose]: () => database.close(),
  };
}

/** SQLite makes files that all may read, and those beside one with its rights. */
function makePrivate(file: string): void {
  const fd = openSync(file, 'a', FILE_MODE);
  fchmodSync(fd, FILE_MODE);
  closeSync(fd);
}

function prepare(database: DatabaseSync): void {
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF');
  const { user_version: shape } = database.prepare('PRAGMA user_version').get() as { user_version: number };
  if (shape === SHAPE) return;
  database.exec(`BEGIN;
    DROP TABLE IF EXISTS pages; DROP TABLE IF EXISTS known;
    CREATE VIRTUAL TABLE pages USING fts5(a, b, c, d, tokenize = "unicode61 remove_diacritics 2", prefix = '${PREFIX}');
    INSERT INTO pages (pages, rank) VALUES ('rank', 'bm25(${WEIGHTS.join(', ')})');
    CREATE TABLE known (id TEXT PRIMARY KEY, stamp TEXT NOT NULL, row INTEGER NOT NULL UNIQUE);
    PRAGMA user_version = ${SHAPE};
    COMMIT`);
}

function wordsOf(query: string): string[] {
  return query.split(/[^\p{L}\p{N}\p{M}]+/u).filter((word) => word !== '');
}

/** Where the first of the words stands, in the part that has most of them, with some words around. */
function excerptOf(parts: readonly string[], words: readonly string[]): string {
  const found = parts.map((part) => words.flatMap((word) => beginningOf(part, word) ?? []));
  const best = found.reduce((most, each, i) => (each.length > (found[most]?.length ?? 0) ? i : most), 0);
  const part = parts[best] ?? '';
  const at = Math.min(...(found[best] ?? []), part.length);
  const from = Math.max(0, at === part.length ? 0 : at - EXCERPT / 3);
  const cut = part.slice(from, from + EXCERPT).toWellFormed();
  return `${from > 0 ? '…' : ''}${cut.trim()}${from + EXCERPT < part.length ? '…' : ''}`;
}

/** Undefined also where accents differ: then another word, or the beginning, is shown. */
function beginningOf(text: string, word: string): number | undefined {
  const at = text.search(new RegExp(`(?<![\\p{L}\\p{N}])${word}`, 'iu'));
  return at === -1 ? undefined : at;
}
