import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, lstatSync, openSync, readSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { CoworkError } from '../protocol/errors.ts';
import { EFFORTS, THINKING } from '../protocol/team.ts';
import { errorCode } from '../store/folders.ts';
import { type GrantRequest, readGrant } from './grants.ts';

const few = z.array(z.string().min(1).max(1_000)).max(100);
const above0 = z.number().positive();

/**
 * What `.cowork/settings.json` may say: defaults of `launch`. Nothing that leaves the machine unguarded or runs a file of the project is among
 * them: no sandbox, rehearsal, store, check or recording.
 */
const ProjectSettings = z.strictObject({
  teammates: z.int().min(0).max(64).optional(),
  teammate: few.optional(),
  model: z.string().min(1).max(200).optional(),
  leadModel: z.string().min(1).max(200).optional(),
  grants: few.optional(),
  allowHosts: few.optional(),
  plugins: few.optional(),
  budget: above0.optional(),
  maxTurns: above0.optional(),
  maxTokens: above0.optional(),
  maxMinutes: above0.optional(),
  maxMessages: above0.optional(),
  requirePlan: z.boolean().optional(),
  delegate: z.boolean().optional(),
  effort: z.enum(EFFORTS).optional(),
  thinking: z.enum(THINKING).optional(),
});
export type ProjectSettings = z.infer<typeof ProjectSettings>;

/** What a project brings in its `.cowork/`, as it is now. */
export interface ProjectFolder {
  settings: ProjectSettings;
  /** Text for all its agents; empty when there is none. */
  instructions: string;
  /** The folders that the settings name, as they lead now, and why those that can't be granted can't. */
  grants: GrantRequest[];
  missing: { given: string; why: string }[];
  /** Of all that, and of where it leads: consent is to this and nothing else. */
  checksum: string;
}

const SETTINGS_MAX = 64 * 1024;
const INSTRUCTIONS_MAX = 32 * 1024;

/**
 * Reads what the project in the folder `path` (absolute) brings; undefined when it brings nothing. Whoever made the folder may have made anything of
 * it: links are not followed, only files of a bounded size are read. Throws SETTINGS_INVALID.
 */
export function readProjectFolder(home: string, path: string): ProjectFolder | undefined {
  const folder = join(path, '.cowork');
  const stat = lstatSync(folder, { throwIfNoEntry: false });
  if (stat === undefined) return undefined;
  if (!stat.isDirectory()) throw invalid(folder, 'it is no folder');
  const settingsText = readPlain(join(folder, 'settings.json'), SETTINGS_MAX);
  const instructions = readPlain(join(folder, 'instructions.md'), INSTRUCTIONS_MAX) ?? '';
  if (settingsText === undefined && instructions === '') return undefined;
  const settings = parse(join(folder, 'settings.json'), settingsText ?? '{}');
  const { grants, missing } = leads(home, path, settings.grants ?? []);
  const all = JSON.stringify([path, settingsText ?? '', instructions, grants, missing]);
  const checksum = createHash('sha256').update(all).digest('hex').slice(0, 32); // two texts of one checksum are out of reach
  return { settings, instructions, grants, missing, checksum };
}

/** Where the folders that the settings name lead at this moment; relative ones begin at the project. */
function leads(
  home: string,
  project: string,
  given: readonly string[],
): Pick<ProjectFolder, 'grants' | 'missing'> {
  const grants: GrantRequest[] = [];
  const missing: ProjectFolder['missing'] = [];
  for (const each of given) {
    try {
      const grant = readGrant(home, resolve(project, each), 'ro');
      if (grant.mode === 'clone') missing.push({ given: each, why: 'a clone is granted by --grant only' });
      else grants.push(grant);
    } catch (error) {
      if (!(error instanceof CoworkError)) throw error;
      missing.push({ given: each, why: error.message });
    }
  }
  return { grants, missing };
}

function parse(file: string, text: string): ProjectSettings {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw invalid(file, `it is no JSON: ${(error as Error).message}`, error); // JSON.parse throws nothing else
  }
  const parsed = ProjectSettings.safeParse(value);
  if (!parsed.success) throw invalid(file, z.prettifyError(parsed.error));
  if (parsed.data.teammates !== undefined && parsed.data.teammate !== undefined)
    throw invalid(file, 'it has both teammates and teammate');
  return parsed.data;
}

/** The text of a plain file; undefined when there is none. Never waits, as a pipe would make it. */
function readPlain(file: string, max: number): string | undefined {
  let fd: number;
  try {
    fd = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw invalid(file, errorCode(error) === 'ELOOP' ? 'it is a link' : "it can't be opened", error);
  }
  try {
    if (!fstatSync(fd).isFile()) throw invalid(file, 'it is no file');
    const bytes = Buffer.alloc(max + 1);
    const size = readSync(fd, bytes, 0, bytes.length, 0);
    if (size > max) throw invalid(file, `it is over ${max / 1024} KiB`);
    return bytes.toString('utf8', 0, size);
  } finally {
    closeSync(fd);
  }
}

const invalid = (file: string, why: string, cause?: unknown): CoworkError =>
  new CoworkError('SETTINGS_INVALID', `${file} is not used: ${why}.`, cause === undefined ? {} : { cause });
