import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { CoworkError } from '../protocol/errors.ts';
import { GRANT_MODES, type GrantMode } from '../protocol/team.ts';
import { errorCode, makeFolder } from '../store/folders.ts';
import { withLock } from '../store/lock.ts';
import { replaceFile } from '../store/replace-file.ts';
import { projectFile } from './paths.ts';

/** By which answer something was allowed for a project. */
interface Allowed {
  team: string;
  /** Id of the request there. */
  request: string;
  /** Who answered, as far as known, and when. */
  who: string;
  at: string;
}

/** What the user has said of a project: kept in the home, never in the project, which anybody may have made. */
export interface ProjectRecord {
  v: 1;
  /** The folder; absolute. */
  path: string;
  /** Checksum of what its `.cowork/` brought when the user agreed to that; null before. */
  agreed: { checksum: string; at: string; who: string } | null;
  /** What later teams have as well. */
  hosts: ({ host: string } & Allowed)[];
  folders: ({ path: string; mode: GrantMode } & Allowed)[];
}

/** Reads what was said of the project in `path`; nothing yet is an empty record. Throws SETTINGS_INVALID when the file is damaged. */
export function readProjectRecord(home: string, path: string): ProjectRecord {
  const file = projectFile(home, path);
  try {
    const record: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (isRecord(record) && record.path === path) return record;
    throw new Error('it is no record of this project');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return { v: 1, path, agreed: null, hosts: [], folders: [] };
    const why = error instanceof Error ? error.message : String(error);
    throw new CoworkError('SETTINGS_INVALID', `${file} can't be read: ${why}.`, { cause: error });
  }
}

/** Changes the record under its lock; returns what stands afterwards. */
export async function changeProjectRecord(
  home: string,
  path: string,
  change: (record: ProjectRecord) => ProjectRecord,
): Promise<ProjectRecord> {
  const file = projectFile(home, path);
  makeFolder(dirname(file));
  return withLock(file, async (lock) => {
    const changed = change(readProjectRecord(home, path));
    lock.assertHeld();
    await replaceFile(file, `${JSON.stringify(changed, null, 2)}\n`);
    return changed;
  });
}

/** Written above, the file is 0600 and ours: enough to see that what grants something has its form. */
function isRecord(record: unknown): record is ProjectRecord {
  const { v, path, agreed, hosts, folders } = (record ?? {}) as Partial<ProjectRecord>; // each is checked
  const hasHosts = Array.isArray(hosts) && hosts.every(({ host }) => typeof host === 'string');
  const hasFolders =
    Array.isArray(folders) &&
    folders.every((each) => typeof each.path === 'string' && GRANT_MODES.includes(each.mode));
  return v === 1 && typeof path === 'string' && agreed !== undefined && hasHosts && hasFolders;
}
