import { resolve } from 'node:path';
import { exportTeam } from '../../team/archive/export.ts';
import { findTeam, readTeam } from '../../team/team.ts';
import type { CommandModule } from '../command.ts';
import { size } from '../render-sizes.ts';

export const run: CommandModule['run'] = async ({ team, to, json }, { home, stdout }) => {
  const dir = findTeam(home, team);
  const { name } = readTeam(dir);
  const file = resolve(typeof to === 'string' ? to : `${name}.cowork.tar.gz`);
  const { files, bytes } = await exportTeam(dir, file);
  const said = `Team "${name}" is in ${file}: ${files} files, ${size(bytes)} unpacked.\n`;
  stdout.write(json ? `${JSON.stringify({ team: name, file, files, bytes })}\n` : said);
};
