import { isObject, kindOf } from './text.ts';

/** Where a plugin comes from, as an entry of a marketplace or a person says it. */
export type Source =
  | { kind: 'folder'; path: string }
  | { kind: 'git'; url: string; ref: string | null; sha: string | null; path: string | null }
  | { kind: 'npm'; package: string; version: string | null; registry: string | null }
  | { kind: 'archive'; url: string; sha256: string | null }
  | { kind: 'command'; command: string };

export interface SourceContext {
  /** Folder of the marketplace for relative paths; undefined when it has none (a URL of JSON). */
  folder: string | undefined;
  pluginRoot: string;
}

/** Reads the `source` of an entry; a text says why it is none. Relative paths stay relative to the marketplace. */
export function readSource(value: unknown, { folder, pluginRoot }: SourceContext): Source | string {
  if (typeof value === 'string') {
    if (folder === undefined)
      return `the source ${JSON.stringify(value)} is a path, and this marketplace has no folder`;
    const isBare = !/^\.{0,2}\//.test(value) && value !== '.';
    const path = isBare && pluginRoot !== '' ? `${pluginRoot}/${value}` : value;
    const parts = path.split(/[/\\]/).filter((part) => part !== '' && part !== '.');
    if (path.startsWith('/') || path.startsWith('~') || parts.includes('..') || path.includes('\0')) {
      return `the source ${JSON.stringify(value)} is outside the marketplace`;
    }
    return { kind: 'folder', path: parts.join('/') };
  }
  if (!isObject(value)) return `the source can't be ${kindOf(value)}`;
  const text = (field: string): string | null =>
    typeof value[field] === 'string' && value[field].trim() !== '' ? value[field].trim() : null;
  const needs = (field: string): string => `a source of kind ${String(value.source)} needs "${field}"`;
  const git = (url: string, path: string | null): Source | string => {
    const sha = text('sha');
    if (sha !== null && !/^[0-9a-f]{40}([0-9a-f]{24})?$/.test(sha))
      return `${JSON.stringify(sha)} is no full commit`;
    const problem = whyNoGitUrl(url) ?? whyNoRef(text('ref')) ?? whyNoSubfolder(path);
    return problem ?? { kind: 'git', url, ref: text('ref'), sha, path };
  };
  switch (value.source) {
    case 'github': {
      const repo = text('repo');
      if (repo === null) return needs('repo');
      return OWNER_REPO.test(repo)
        ? git(githubUrl(repo), text('path'))
        : `${JSON.stringify(repo)} is no owner/repo`;
    }
    case 'url':
    case 'git': {
      const url = text('url');
      return url === null ? needs('url') : git(url, text('path'));
    }
    case 'git-subdir': {
      const url = text('url');
      const path = text('path');
      if (url === null) return needs('url');
      if (path === null) return needs('path');
      return git(OWNER_REPO.test(url) ? githubUrl(url) : url, path);
    }
    case 'npm': {
      const name = text('package');
      if (name === null) return needs('package');
      return npmSource(name, text('version'), text('registry'));
    }
    case 'archive': {
      const url = text('url');
      const sha256 = text('sha256')?.toLowerCase() ?? null;
      if (url === null) return needs('url');
      if (sha256 !== null && !/^[0-9a-f]{64}$/.test(sha256)) return `${JSON.stringify(sha256)} is no SHA-256`;
      return whyNoWebUrl(url) ?? { kind: 'archive', url, sha256 };
    }
    case 'command': {
      const command = text('command');
      return command === null ? needs('command') : { kind: 'command', command };
    }
    default:
      return `there is no kind of source ${JSON.stringify(value.source)}`;
  }
}

export const OWNER_REPO = /^[A-Za-z0-9][A-Za-z0-9-]{0,38}\/[A-Za-z0-9._-]{1,100}$/;

export const githubUrl = (repo: string): string => `https://github.com/${repo.replace(/\.git$/, '')}.git`;

/** Why git must not be given this address; its helpers (`ext::…`) run programs, and a leading - is an option. */
export function whyNoGitUrl(url: string): string | undefined {
  if (/[\s\u0000-\u001f]/.test(url)) return 'the address of the repository has spaces or control characters';
  if (/^https?:\/\/[^/]/i.test(url)) return whyNoWebUrl(url);
  if (/^(ssh|git|file):\/\/[^-]/i.test(url) || /^[\w.][\w.-]*@[\w.][\w.-]*:[^-]/.test(url)) return undefined;
  return `${JSON.stringify(url)} is no address of a git repository`;
}

/** Only https, but for this machine itself: what is fetched can run later. */
export function whyNoWebUrl(url: string): string | undefined {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    return `${JSON.stringify(url)} is no address`;
  }
  const isLocal = /^(localhost|127\.0\.0\.1|\[::1\])$/.test(parsed.hostname);
  if (parsed.protocol === 'https:' || (parsed.protocol === 'http:' && isLocal)) return undefined;
  return `${parsed.protocol}//${parsed.host} is not https`;
}

export function whyNoRef(ref: string | null): string | undefined {
  if (ref === null || /^(?!-)(?!.*\.\.)[\w][\w./+@-]{0,200}$/.test(ref)) return undefined;
  return `${JSON.stringify(ref)} is no branch, tag or commit`;
}

function whyNoSubfolder(path: string | null): string | undefined {
  if (path === null) return undefined;
  const isOut = path.startsWith('/') || path.split(/[/\\]/).includes('..') || path.includes('\0');
  return isOut ? `the path ${JSON.stringify(path)} is outside the repository` : undefined;
}

export function npmSource(name: string, version: string | null, registry: string | null): Source | string {
  if (!/^(@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/i.test(name) || name.startsWith('-'))
    return `${JSON.stringify(name)} is no npm package`;
  if (version !== null && !/^[\w.^~<>=|* +-]+$/.test(version))
    return `${JSON.stringify(version)} is no version`;
  const problem = registry === null ? undefined : whyNoWebUrl(registry);
  return problem ?? { kind: 'npm', package: name, version, registry };
}

/** A source in words, for lists; what follows `#` is the branch, tag or commit. */
export function sourceText(source: Source): string {
  switch (source.kind) {
    case 'folder':
      return source.path;
    case 'git': {
      const at = source.sha ?? source.ref;
      return `${source.url}${source.path === null ? '' : `//${source.path}`}${at === null ? '' : `#${at}`}`;
    }
    case 'npm':
      return `npm:${source.package}${source.version === null ? '' : `@${source.version}`}`;
    case 'archive':
      return source.url;
    case 'command':
      return `command: ${source.command}`;
  }
}
