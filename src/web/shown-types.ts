import { extname } from 'node:path';

/** What can be shown in a frame; all else is downloaded. SVG is not among them: it is a document that can hold scripts. */
const SHOWN: Record<string, string> = {
  ...Object.fromEntries(
    ['.txt', '.md', '.csv', '.tsv', '.json', '.log', '.diff', '.patch', '.py', '.ts', '.js', '.sh'].map(
      (type) => [type, 'text/plain; charset=utf-8'],
    ),
  ),
  ...{
    '.png': 'image/png',
    '.jpg': 'image/jpeg',
    '.jpeg': 'image/jpeg',
    '.gif': 'image/gif',
    '.webp': 'image/webp',
  },
  ...{ '.html': 'text/html; charset=utf-8', '.htm': 'text/html; charset=utf-8' },
};

/** As what a file of this name is shown; undefined when it is not. */
export const shownType = (file: string): string | undefined => SHOWN[extname(file).toLowerCase()];
