import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { collectReport } from '../../supervisor/report/collect.ts';
import { renderReport } from '../../supervisor/report/render.ts';
import { writeReport } from '../../supervisor/report/write.ts';
import { findTeam } from '../../team/team.ts';
import type { CommandModule } from '../command.ts';

export const run: CommandModule['run'] = async ({ team, out, json }, { home, stdout }) => {
  const dir = findTeam(home, team);
  if (out === '-') {
    stdout.write(renderReport(await collectReport(dir)));
    return;
  }
  let path: string;
  if (typeof out === 'string') {
    path = resolve(out);
    await writeFile(path, renderReport(await collectReport(dir)), { mode: 0o600 });
  } else path = await writeReport(dir);
  stdout.write(json ? `${JSON.stringify({ path })}\n` : `${path}\n`);
};
