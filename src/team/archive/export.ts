import { createReadStream, createWriteStream, lstatSync, statSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { pack } from 'tar-stream';
import { CoworkError } from '../../protocol/errors.ts';
import { errorCode, FILE_MODE } from '../../store/folders.ts';
import { isAtRest } from '../retention.ts';
import { readTeam } from '../team.ts';
import { listTeamFiles } from '../team-sizes.ts';
import { ARCHIVE_VERSION, type ArchiveLabel, LABEL, ROOT, travels } from './contents.ts';

/**
 * Writes a team that is at rest to one archive (tar, gzip), which is there whole or not at all. Throws TEAM_RUNNING; FILE_FAILED when it can't be written; USAGE when the
 * file is there, or the team's mail is on a server.
 */
export async function exportTeam(dir: string, file: string, now = new Date()): Promise<ArchiveLabel> {
  const { name, store } = readTeam(dir);
  if (!isAtRest(dir)) throw new CoworkError('TEAM_RUNNING', `Team "${name}" is running.`);
  if (store !== undefined)
    throw new CoworkError(
      'USAGE',
      `Mail and tasks of "${name}" are on the server ${store}, not in its folder.`,
    );
  if (lstatSync(file, { throwIfNoEntry: false }) !== undefined)
    throw new CoworkError('USAGE', `${file} is there already.`, { hint: 'Name another file with --to.' });
  if (statSync(dirname(file), { throwIfNoEntry: false })?.isDirectory() !== true)
    throw new CoworkError('FILE_FAILED', `There is no folder ${dirname(file)} for the archive.`, {
      hint: 'Make it first, or name another place with --to.',
    });
  const files = listTeamFiles(dir).filter(({ path }) => travels(path));
  const bytes = files.reduce((sum, each) => sum + each.bytes, 0);
  const label: ArchiveLabel = {
    ...{ v: ARCHIVE_VERSION, team: name, exported: now.toISOString() },
    ...{ files: files.length, bytes },
  };
  const tar = pack();
  const draft = `${file}.${process.pid}.part`;
  const written = pipeline(tar, createGzip(), createWriteStream(draft, { flags: 'wx', mode: FILE_MODE }));
  const filled = (async () => {
    tar.entry({ name: LABEL }, JSON.stringify(label));
    for (const { path, bytes: size, written: at } of files) {
      const entry = tar.entry({ name: ROOT + path, size, mode: FILE_MODE, mtime: new Date(at) });
      // A file that grew since is cut there: nobody should write to a team at rest.
      if (size === 0) entry.end(Buffer.alloc(0));
      else await pipeline(createReadStream(join(dir, path), { end: size - 1 }), entry);
    }
    tar.finalize();
  })();
  try {
    await Promise.all([written, filled]);
    await rename(draft, file);
  } catch (error) {
    tar.destroy();
    await rm(draft, { force: true }).catch(() => undefined); // what failed first is told
    // People know the name that they gave, not that of the draft.
    const isOurs = error instanceof Error && 'path' in error && error.path === draft;
    if (!isOurs || errorCode(error) === 'ENOSPC') throw error;
    throw new CoworkError('FILE_FAILED', `${file} can't be written: ${errorCode(error)}.`, {
      hint: 'Name another place with --to.',
      cause: error,
    });
  }
  return label;
}
