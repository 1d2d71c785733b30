import { appendFileSync } from 'node:fs';
import { join } from 'node:path';

/** Writes bytes that are no record to a log in files, as a foreign program may. */
export const spoilFile =
  (folder: string) =>
  async (log: string, text: string): Promise<void> =>
    appendFileSync(join(folder, log), `\n${text}\n`);
