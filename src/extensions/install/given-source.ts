import { statSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, resolve } from 'node:path';
import { CoworkError } from '../../protocol/errors.ts';
import {
  githubUrl,
  npmSource,
  OWNER_REPO,
  type Source,
  whyNoGitUrl,
  whyNoRef,
  whyNoWebUrl,
} from '../format/source.ts';
import type { MarketplaceSource } from './records.ts';

/** The source of a plugin as a person types it. Throws PLUGIN_SOURCE_INVALID. */
export function givenPluginSource(given: string, cwd: string): Source {
  const path = existingPath(given, cwd);
  if (path?.isFolder) return { kind: 'folder', path: path.path };
  if (path !== undefined && /\.zip$/i.test(path.path))
    return { kind: 'archive', url: path.path, sha256: null };
  if (path !== undefined) throw invalid(`${path.path} is neither a folder nor a zip.`);
  if (given.startsWith('npm:')) {
    const [, name = '', version] = /^npm:(@?[^@]+)(?:@(.+))?$/.exec(given) ?? [];
    return certain(npmSource(name, version ?? null, null));
  }
  if (/^https?:.*\.zip$/i.test(given))
    return certain(whyNoWebUrl(given) ?? { kind: 'archive', url: given, sha256: null });
  return givenGit(given);
}

/** The source of a marketplace as a person types it. Throws PLUGIN_SOURCE_INVALID. */
export function givenMarketplaceSource(given: string, cwd: string): MarketplaceSource {
  const path = existingPath(given, cwd);
  if (path?.isFolder) return { kind: 'folder', path: path.path };
  if (path !== undefined) {
    // The usual file belongs to the folder above, whose plugins it lists.
    const folder = dirname(path.path);
    if (basename(folder) === '.claude-plugin') return { kind: 'folder', path: dirname(folder) };
    return { kind: 'file', path: path.path };
  }
  if (/^https?:.*\.json$/i.test(given)) return certain(whyNoWebUrl(given) ?? { kind: 'url', url: given });
  return givenGit(given);
}

function givenGit(given: string): Source {
  const [, address = '', ref = null] = /^([^#]+)(?:#(.+))?$/.exec(given) ?? [];
  const [, repo = '', at = null] = /^([^@]+)(?:@(.+))?$/.exec(address) ?? [];
  if (OWNER_REPO.test(repo)) {
    const wanted = ref ?? at;
    return certain(
      whyNoRef(wanted) ?? { kind: 'git', url: githubUrl(repo), ref: wanted, sha: null, path: null },
    );
  }
  if (/^\.{0,2}\/|^~/.test(given)) throw new CoworkError('PLUGIN_UNKNOWN', `There is nothing at ${given}.`);
  return certain(
    whyNoGitUrl(address) ?? whyNoRef(ref) ?? { kind: 'git', url: address, ref, sha: null, path: null },
  );
}

function existingPath(given: string, cwd: string): { path: string; isFolder: boolean } | undefined {
  const path = resolve(cwd, given.replace(/^~(?=\/|$)/, homedir()));
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats === undefined ? undefined : { path, isFolder: stats.isDirectory() };
}

function certain<Kind extends object>(read: Kind | string): Kind {
  if (typeof read === 'string') throw invalid(`${read[0]?.toUpperCase()}${read.slice(1)}.`);
  return read;
}

const invalid = (message: string): CoworkError => new CoworkError('PLUGIN_SOURCE_INVALID', message);
