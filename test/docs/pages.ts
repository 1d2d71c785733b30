import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '..', '..');

/** A page for people, by its path in the repository. */
export interface Page {
  path: string;
  text: string;
}

/** All pages, or those that match a pattern. */
export function pages(...patterns: string[]): Page[] {
  const wanted = patterns.length === 0 ? ['*.md', 'docs/**/*.md', 'examples/**/*.md'] : patterns;
  return globSync(wanted, { cwd: ROOT })
    .sort()
    .map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }));
}

export const page = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

/** The contents of the code blocks in one language. */
export function blocks(text: string, language: string): string[] {
  return [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)]
    .filter(([, found]) => found === language)
    .map(([, , content]) => content ?? '');
}

/** The cells of all rows of the tables in a text, without heads. */
export function rows(text: string): string[][] {
  const lines = text.split('\n');
  return lines
    .filter(
      (line, i) => line.startsWith('|') && !line.startsWith('|---') && !lines[i + 1]?.startsWith('|---'),
    )
    .map((line) =>
      line
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

/** What stands between backquotes. */
export const quoted = (text: string): string[] =>
  [...text.matchAll(/`([^`\n]+)`/g)].map(([, word]) => word ?? '');
