import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureFolder, FILE_MODE } from './folders.ts';
import type { Tail } from './journal-reader.ts';
import { type StoreOptions, warnOfMalformed } from './options.ts';

/**
 * Copies malformed records to `folder`, one file each, named by their place, and warns once of each.
 * For the owner of the journal only (the recipient's keeper, the supervisor): who merely looks changes nothing.
 */
export function quarantine(
  folder: string,
  malformed: Tail<unknown>['malformed'],
  onMalformed: StoreOptions['onMalformed'] = warnOfMalformed,
): void {
  for (const { bytes, ...what } of malformed) {
    const copy = join(folder, `${String(what.offset).padStart(12, '0')}.txt`);
    if (existsSync(copy)) continue; // an earlier life of the owner has copied it, and warned
    try {
      ensureFolder(folder);
      writeFileSync(copy, bytes, { mode: FILE_MODE });
    } catch (error) {
      // The rest must be delivered even on a full disk; the record stays in the journal, the warning says so.
      onMalformed({ ...what, reason: `${what.reason} (not copied: ${String(error)})` });
      continue;
    }
    onMalformed(what);
  }
}
