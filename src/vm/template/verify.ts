import { createHash } from 'node:crypto';
import { createReadStream, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { FILE_MODE } from '../../store/folders.ts';
import { bootId } from '../accelerator.ts';
import { fileIdentity } from '../file-identity.ts';
import { sha256 } from './key.ts';
import type { Template } from './template.ts';

/**
 * Whether a template is known to be as it was made, without reading its memory: that is hashed (about a second) once after each boot of the host, and again
 * when the file was changed. What was found then is kept in the template's folder. The state of the devices is hashed each time (0.4 MB).
 */
export function isVerified(template: Template): boolean {
  try {
    return contents(recordOf(template)) === nowOf(template) && hasGoodState(template);
  } catch {
    return false; // a part of it is gone
  }
}

/** Reads all of a template; says what is wrong with it, and notes it when nothing is. */
export async function verifyTemplate(template: Template): Promise<string | undefined> {
  try {
    const now = nowOf(template);
    if (!hasGoodState(template)) return 'the saved state of its devices has changed';
    if ((await hashFile(template.memory)) !== template.manifest.memoryHash)
      return 'its saved memory has changed';
    writeFileSync(recordOf(template), now, { mode: FILE_MODE });
    return undefined;
  } catch (error) {
    return `it can't be read: ${error instanceof Error ? error.message : String(error)}`;
  }
}

const recordOf = ({ directory }: Template): string => join(directory, 'verified');
const nowOf = ({ memory }: Template): string => `${bootId()} ${fileIdentity(memory)}`;
const hasGoodState = ({ state, manifest }: Template): boolean =>
  sha256(readFileSync(state)) === manifest.stateHash;

export async function hashFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file, { highWaterMark: 1024 * 1024 }), hash);
  return hash.digest('hex');
}

function contents(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return ''; // never checked
  }
}
