import { extname } from 'node:path';
import type { Look } from './shapes.ts';

/** What can be looked at; all else is downloaded. */
const LOOKS: Record<string, Look> = {
  ...Object.fromEntries(
    [
      '.txt',
      '.json',
      '.jsonl',
      '.log',
      '.py',
      '.ts',
      '.js',
      '.sh',
      '.yaml',
      '.yml',
      '.toml',
      '.xml',
      '.sql',
    ].map((type): [string, Look] => [type, 'text']),
  ),
  ...{ '.md': 'markdown', '.markdown': 'markdown', '.csv': 'table', '.tsv': 'table' },
  ...{ '.ipynb': 'notebook', '.diff': 'diff', '.patch': 'diff' },
  ...{ '.png': 'picture', '.jpg': 'picture', '.jpeg': 'picture', '.gif': 'picture', '.webp': 'picture' },
  '.svg': 'picture',
  ...{ '.html': 'page', '.htm': 'page', '.pdf': 'pdf' },
  ...{ '.xlsx': 'workbook', '.docx': 'document', '.pptx': 'deck' },
};

/** A document that can hold scripts and frames: sent to be looked at only where it is a picture, in which browsers let it do nothing. */
export const DRAWING = 'image/svg+xml';

const TYPES: Record<string, string> = {
  ...{ '.png': 'image/png', '.jpg': 'image/jpeg', '.jpeg': 'image/jpeg' },
  ...{ '.gif': 'image/gif', '.webp': 'image/webp', '.svg': DRAWING },
  ...{ '.html': 'text/html; charset=utf-8', '.htm': 'text/html; charset=utf-8', '.pdf': 'application/pdf' },
};

/** How a file of this name is shown; undefined when it is not. */
export const lookOf = (file: string): Look | undefined => LOOKS[extname(file).toLowerCase()];

/** Read here, and never sent to be looked at. */
const READ_HERE: ReadonlySet<Look | undefined> = new Set<Look>(['workbook', 'document', 'deck']);

/** As what it is sent then; text of every kind as plain text. */
export const shownType = (file: string): string | undefined =>
  lookOf(file) === undefined || READ_HERE.has(lookOf(file))
    ? undefined
    : (TYPES[extname(file).toLowerCase()] ?? 'text/plain; charset=utf-8');
