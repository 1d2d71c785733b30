import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CoworkError } from '../../protocol/errors.ts';
import { errorCode } from '../../store/folders.ts';
import { parseFrontMatter } from '../format/front-matter.ts';
import { readableText } from '../format/text.ts';
import { contentFolder } from '../install/store.ts';

/** Longest text that an agent is given of one file, in characters; the rest it reads itself. */
const BODY_MAX = 200_000;

/** The text of a skill, command or agent definition in the store, without its front matter. */
export function readBody(home: string, checksum: string, file: string): string {
  const { body } = parseFrontMatter(readableText(readStored(home, checksum, file)));
  return body.length <= BODY_MAX ? body : `${body.slice(0, BODY_MAX)}\n[cut here: read the rest in the file]`;
}

/** Throws SKILL_UNKNOWN when the content was removed while a team has it: one for this team only, by its user. */
function readStored(home: string, checksum: string, file: string): Buffer {
  try {
    return readFileSync(join(contentFolder(home, checksum), file));
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
    throw new CoworkError('SKILL_UNKNOWN', `The plugin that ${file} is of was removed.`, { cause: error });
  }
}
