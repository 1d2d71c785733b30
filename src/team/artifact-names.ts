import { basename, extname } from 'node:path';
import { plainText } from '../text/plain.ts';

/** A title as it is kept: one line, and nothing in it that acts on whoever reads it. */
export const shownTitle = (title: string): string =>
  plainText(title.trim()).slice(0, 200).toWellFormed() || 'Without a title';

/** The name of the copy: letters, digits, dots, dashes and underscores only. */
export const plainFile = (given: string): string =>
  basename(given)
    .replaceAll(/[^\w.-]/g, '_')
    .replace(/^\.+/, '')
    .slice(-80) || 'artifact';

/** A name that any system can save: no path, no flag, nothing hidden, nothing that is read from right to left in disguise. */
export function harmlessName(given: string): string {
  const plain = plainText(basename(given))
    .replaceAll(/[\\/:*?"<>|]/g, '_')
    .replace(/^[\s.-]+/, '')
    .trim();
  const end = extname(plain).slice(0, 20);
  const start = plain.slice(0, plain.length - end.length).slice(0, 100);
  return `${start}${end}`.toWellFormed() || 'artifact';
}
