import { resolve } from 'node:path';
import { CoworkError } from '../../protocol/errors.ts';
import { importTeam } from '../../team/archive/import.ts';
import { imagesFolder } from '../../team/paths.ts';
import type { CommandModule } from '../command.ts';
import { size } from '../render-sizes.ts';

export const run: CommandModule['run'] = async ({ file, team, maxMib, json }, { home, env, stdout }) => {
  if (maxMib !== undefined && !(Number(maxMib) > 0))
    throw new CoworkError('USAGE', '--max-mib takes a number above 0.');
  const { name, dir, label } = await importTeam({
    ...{ home, file: resolve(String(file)), name: team, images: imagesFolder(home, env) },
    ...(maxMib === undefined ? {} : { maxBytes: Number(maxMib) * 1024 * 1024 }),
  });
  const { files, bytes } = label;
  const said = `Team "${name}" is here: ${files} files, ${size(bytes)}. It has no grants and no hosts; see \`cowork status -t ${name}\`.\n`;
  stdout.write(json ? `${JSON.stringify({ team: name, dir, files, bytes })}\n` : said);
};
