import { join } from 'node:path';
import { replaceFile } from '../../store/replace-file.ts';
import { collectReport } from './collect.ts';
import { renderReport } from './render.ts';

/** Where the report of a team is; it is made when the team has finished its job, and anew by `cowork report`. */
export const reportFile = (dir: string): string => join(dir, 'report.html');

/** Makes the report of a team as it is now, and keeps it with the team. Returns its path. */
export async function writeReport(dir: string): Promise<string> {
  const file = reportFile(dir);
  await replaceFile(file, renderReport(await collectReport(dir)));
  return file;
}
