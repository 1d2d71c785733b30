import { randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream, statfsSync, statSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract, type Header } from 'tar-stream';
import { CoworkError } from '../../protocol/errors.ts';
import { assertNewName, isName } from '../../protocol/names.ts';
import { errorCode, FILE_MODE, FOLDER_MODE, makeFolder, syncFolder, syncTree } from '../../store/folders.ts';
import { teamFolder, teamsFolder } from '../paths.ts';
import { ARCHIVE_VERSION, type ArchiveLabel, LABEL, ROOT, travels } from './contents.ts';
import { disarm } from './disarm.ts';

export interface ImportOptions {
  home: string;
  file: string;
  /** Its name here; without one, the one that it had. */
  name?: string | undefined;
  images: string;
  /** Most that it may hold unpacked, in bytes. */
  maxBytes?: number;
}

/** Unless more is allowed by name. */
const MAX_BYTES = 4 * 1024 ** 3;
const MAX_FILES = 100_000;
const LABEL_MAX = 64 * 1024;

/**
 * Makes a team of an archive, which anybody may have made: only files of a team's own are taken, each once, up to what the label says and the disk has;
 * anything else refuses it whole. What it would be granted is taken away (`disarm`). The team appears whole or not at all. Throws ARCHIVE_INVALID,
 * TEAM_TAKEN, NAME_INVALID.
 */
export async function importTeam(
  options: ImportOptions,
): Promise<{ name: string; dir: string; label: ArchiveLabel }> {
  const { home, file, images } = options;
  const there = statSync(file, { throwIfNoEntry: false });
  if (there?.isFile() !== true)
    throw new CoworkError('ARCHIVE_INVALID', `${file} is ${there === undefined ? 'not there' : 'no file'}.`, {
      hint: 'Give the path of an archive that `cowork export` has made: TEAM.cowork.tar.gz, unless it was given another name.',
    });
  makeFolder(teamsFolder(home));
  const draft = join(teamsFolder(home), `.import.${randomUUID()}.new`);
  await mkdir(draft, { mode: FOLDER_MODE });
  try {
    const label = await unpack(file, draft, options.maxBytes ?? MAX_BYTES);
    const name = options.name ?? label.team;
    assertNewName(name, 'team');
    await disarm(draft, { name, images });
    syncTree(draft);
    const dir = teamFolder(home, name);
    await rename(draft, dir).catch((error: unknown) => {
      if (!['ENOTEMPTY', 'EEXIST'].includes(errorCode(error) ?? '')) throw error;
      throw new CoworkError('TEAM_TAKEN', `There is a team "${name}" already.`, {
        hint: 'Give it another name with --team.',
        cause: error,
      });
    });
    syncFolder(teamsFolder(home));
    return { name, dir, label };
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    throw error;
  }
}

type Entry = Readable & { header: Header };

async function unpack(file: string, draft: string, maxBytes: number): Promise<ArchiveLabel> {
  let label: ArchiveLabel | undefined;
  const seen = new Set<string>();
  let left = 0;
  const take = async (entry: Entry): Promise<void> => {
    const { name, type, size = 0 } = entry.header;
    if (label === undefined) {
      if (name !== LABEL || type !== 'file' || size > LABEL_MAX)
        throw invalid('it does not begin with its label');
      label = readLabel(await text(entry));
      assertRoom(draft, label, maxBytes);
      left = label.bytes;
      return;
    }
    const path = name.startsWith(ROOT) ? name.slice(ROOT.length) : '';
    if (type !== 'file') throw invalid(`${JSON.stringify(name)} is a ${type}`);
    if (!travels(path)) throw invalid(`${JSON.stringify(name)} is no file of a team`);
    if (seen.has(path)) throw invalid(`${JSON.stringify(name)} is in it twice`);
    seen.add(path);
    left -= size;
    if (left < 0 || seen.size > label.files) throw invalid('it holds more than its label says');
    await mkdir(dirname(join(draft, path)), { recursive: true, mode: FOLDER_MODE });
    await pipeline(entry, createWriteStream(join(draft, path), { flags: 'wx', mode: FILE_MODE }));
  };
  const tar = extract();
  const unzipped = pipeline(createReadStream(file), createGunzip(), tar);
  // It ends with whoever reads the entries; told there.
  unzipped.catch(() => {});
  try {
    // A stream of the library's own kind, which does what those of Node do.
    for await (const entry of tar) await take(entry as unknown as Entry);
    await unzipped;
  } catch (error) {
    if (error instanceof CoworkError || errorCode(error) === 'ENOSPC') throw error;
    throw invalid(error instanceof Error ? error.message : String(error), error);
  }
  if (label === undefined) throw invalid('it is empty');
  if (seen.size !== label.files || left !== 0) throw invalid('it holds less than its label says');
  return label;
}

function readLabel(said: string): ArchiveLabel {
  let label: Partial<ArchiveLabel>;
  try {
    label = JSON.parse(said) as Partial<ArchiveLabel>; // each field is checked below
  } catch (error) {
    throw invalid('its label is no JSON', error);
  }
  const { v, team, exported, files, bytes } = label ?? {};
  const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;
  if (v !== ARCHIVE_VERSION) throw invalid(`its version is ${JSON.stringify(v)}`);
  if (typeof team !== 'string' || !isName(team) || !isCount(files) || !isCount(bytes) || files > MAX_FILES)
    throw invalid('its label is not as it should be');
  return { v, team, exported: String(exported).slice(0, 30), files, bytes };
}

/** An archive may be small and hold giants: what it says it holds must be allowed and have room, and more than that is not taken. */
function assertRoom(draft: string, { bytes }: ArchiveLabel, maxBytes: number): void {
  const shown = `${Math.ceil(bytes / 1024 ** 2)} MiB`;
  if (bytes > maxBytes)
    throw new CoworkError(
      'ARCHIVE_INVALID',
      `It holds ${shown}, over ${Math.floor(maxBytes / 1024 ** 2)} MiB.`,
      {
        hint: 'If you trust it, allow more with --max-mib.',
      },
    );
  const { bavail, bsize } = statfsSync(draft);
  if (bytes > bavail * bsize * 0.9) throw invalid(`it holds ${shown}, for which the disk has no room`);
}

const invalid = (why: string, cause?: unknown): CoworkError =>
  new CoworkError('ARCHIVE_INVALID', `The archive is refused: ${why}.`, cause === undefined ? {} : { cause });
