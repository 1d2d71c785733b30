import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseFrontMatter } from '../format/front-matter.ts';
import { readableText } from '../format/text.ts';
import { contentFolder } from '../install/store.ts';

/** Longest text that an agent is given of one file, in characters; the rest it reads itself. */
const BODY_MAX = 200_000;

/** The text of a skill, command or agent definition in the store, without its front matter. */
export function readBody(home: string, checksum: string, file: string): string {
  const text = readableText(readFileSync(join(contentFolder(home, checksum), file)));
  const { body } = parseFrontMatter(text);
  return body.length <= BODY_MAX ? body : `${body.slice(0, BODY_MAX)}\n[cut here: read the rest in the file]`;
}
