import { mkdirSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { CoworkError } from '../../protocol/errors.ts';
import type { Notes } from '../finding.ts';
import type { Source } from '../format/source.ts';
import { isBelow, messageOf, sha256 } from '../load/tree.ts';
import { download } from './download.ts';
import type { Fetched, FetchOptions } from './fetched.ts';
import { fetchGit } from './git.ts';
import { fetchNpm } from './npm.ts';
import { runProgram } from './run-program.ts';
import { ARCHIVE_MAX, unzip } from './unzip.ts';

/** Fetches what a source names into an empty folder of ours. Throws PLUGIN_FETCH_FAILED, PLUGIN_CONSENT. */
export async function fetchSource(
  source: Source,
  into: string,
  notes: Notes,
  options: FetchOptions,
): Promise<Fetched> {
  switch (source.kind) {
    case 'folder':
      return fromFolder(source.path, options.marketplace);
    case 'git':
      return fetchGit(source, into, notes, options);
    case 'npm':
      return fetchNpm(source, into, options);
    case 'archive':
      return fromArchive(source, into, notes, options);
    case 'command':
      return fromCommand(source.command, into, options);
  }
}

function fromFolder(path: string, marketplace: string | undefined): Fetched {
  const folder = marketplace === undefined ? path : join(marketplace, path);
  try {
    if (!statSync(folder).isDirectory()) throw new Error('it is no folder');
    const within = realpathSync(marketplace ?? folder);
    const real = realpathSync(folder);
    if (!isBelow(real, within)) throw new Error('it leads out of the marketplace');
    return { folder: real, within, revision: '' };
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    throw failed(
      marketplace === undefined ? folder : path,
      missing ? 'it is not there' : messageOf(error),
      error,
    );
  }
}

async function fromArchive(
  { url, sha256: wanted }: Extract<Source, { kind: 'archive' }>,
  into: string,
  notes: Notes,
  { signal }: FetchOptions,
): Promise<Fetched> {
  if (url.startsWith('/') && statSync(url).size > ARCHIVE_MAX) throw failed(url, 'it is over 256 MiB');
  const bytes = url.startsWith('/') ? readFileSync(url) : await download(url, ARCHIVE_MAX, signal);
  const revision = sha256(bytes);
  if (wanted !== null && wanted !== revision) throw failed(url, `its SHA-256 is ${revision}, not ${wanted}`);
  const files = join(into, 'files');
  mkdirSync(files, { mode: 0o700 });
  await unzip(bytes, files, notes);
  return { folder: onlyFolder(files), within: files, revision };
}

/** Many archives have one folder at the top, with everything in it. */
function onlyFolder(folder: string): string {
  const entries = readdirSync(folder, { withFileTypes: true });
  const [only] = entries;
  if (entries.length !== 1 || only === undefined || !only.isDirectory()) return folder;
  return ['.claude-plugin', 'skills', 'commands', 'agents', 'hooks'].includes(only.name)
    ? folder
    : join(folder, only.name);
}

/** The program runs on this host with the rights of the user, so only by their word. */
async function fromCommand(
  command: string,
  into: string,
  { env, signal, mayRunCommand }: FetchOptions,
): Promise<Fetched> {
  if (mayRunCommand !== true) {
    throw new CoworkError(
      'PLUGIN_CONSENT',
      `The marketplace wants to run a program on this host: ${command}`,
      {
        hint: 'When you trust it, say so with --run-source.',
      },
    );
  }
  const { code, stdout, stderr } = await runProgram('/bin/sh', ['-c', command], {
    cwd: into,
    env,
    signal,
    maxBytes: 65_536,
  });
  const folder = stdout.trim().split('\n').at(-1) ?? '';
  if (code !== 0) throw failed(command, `it ended with ${code}: ${stderr.split('\n').at(-1)}`);
  if (!isAbsolute(folder)) throw failed(command, 'it printed no absolute path of a folder');
  return fromFolder(folder, undefined);
}

const failed = (what: string, why: string, cause?: unknown): CoworkError =>
  new CoworkError('PLUGIN_FETCH_FAILED', `${what} can't be fetched: ${why}.`, { cause });
