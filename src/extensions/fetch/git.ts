import { mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { CoworkError } from '../../protocol/errors.ts';
import type { Notes } from '../finding.ts';
import type { Source } from '../format/source.ts';
import { TREE_LIMITS } from '../load/tree.ts';
import type { Fetched, FetchOptions } from './fetched.ts';
import { type Ran, type RunOptions, runProgram } from './run-program.ts';

type GitSource = Extract<Source, { kind: 'git' }>;

/**
 * Fetches one commit and lays out its files, in three steps so that nothing large or odd reaches the disk as files: the
 * objects (bounded in bytes while they come), the list of files (bounded in number, size and depth), then the files. No
 * hooks, filters or submodules run: what is in a repository is data.
 */
export async function fetchGit(
  source: GitSource,
  into: string,
  notes: Notes,
  options: FetchOptions,
): Promise<Fetched> {
  const repository = join(into, 'repository');
  const files = join(into, 'files');
  mkdirSync(files, { mode: 0o700 });
  const git = (args: string[], more: RunOptions = {}) => runGit(repository, args, options, more);
  await succeed(git(['init', '--quiet', '--bare', repository]), 'git init');
  const watch = (): string | undefined =>
    sizeOf(repository) > TREE_LIMITS.bytes
      ? `the repository is over ${TREE_LIMITS.bytes / 1024 ** 2} MiB`
      : undefined;
  const fetch = (what: string, depth: string[]) =>
    git(['fetch', '--quiet', '--no-tags', '--no-recurse-submodules', ...depth, '--', source.url, what], {
      watch,
    });
  let got = await fetch(source.sha ?? source.ref ?? 'HEAD', ['--depth', '1']);
  // Not every server gives a commit by its name alone.
  if (got.code !== 0 && source.sha !== null) got = await fetch(source.ref ?? 'HEAD', []);
  if (got.code !== 0) throw failed(`${source.url} can't be fetched: ${lastLine(got.stderr)}`);
  const wanted = source.sha ?? 'FETCH_HEAD';
  const { code, stdout } = await git(['rev-parse', '--verify', '--quiet', `${wanted}^{commit}`]);
  if (code !== 0) throw failed(`${source.url} has no commit ${wanted}`);
  const revision = stdout.trim();
  await checkFiles(git, { revision, source }, notes);
  if (notes.findings.every(({ severity }) => severity !== 'error')) {
    const at = source.path === null ? '.' : `:(top,literal)${source.path}`;
    const worktree = ['--work-tree', files, '-c', 'core.symlinks=true', '-c', 'core.autocrlf=false'];
    const isolated = {
      env: { ...gitEnvironment(options.env), GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' },
    };
    await succeed(
      git([...worktree, 'checkout', '--quiet', '--force', revision, '--', at], isolated),
      source.url,
    );
  }
  return { folder: source.path === null ? files : join(files, source.path), within: files, revision };
}

/** Refuses what must not be laid out, before it is. */
async function checkFiles(
  git: (args: string[], more: RunOptions) => Promise<Ran>,
  { revision, source }: { revision: string; source: GitSource },
  notes: Notes,
): Promise<void> {
  let rest = '';
  let count = 0;
  let bytes = 0;
  const onData = (part: Buffer): string | undefined => {
    const lines = (rest + part.toString()).split('\0');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const [, mode = '', size = '0', path = ''] = /^(\d+) \w+ \w+ +(-|\d+)\t([\s\S]*)$/.exec(line) ?? [];
      if (mode === '160000') notes.warn(path, 'is a submodule and was left out');
      bytes += Number(size) || 0;
      if (++count > TREE_LIMITS.files) return `it has over ${TREE_LIMITS.files} files`;
      if (bytes > TREE_LIMITS.bytes) return `its files are over ${TREE_LIMITS.bytes / 1024 ** 2} MiB`;
      if (path.split('/').length > TREE_LIMITS.depth) return `it is over ${TREE_LIMITS.depth} folders deep`;
    }
    return rest.length > 65_536 ? 'it has a path that is too long' : undefined;
  };
  const below = source.path === null ? [] : ['--', `${source.path.replace(/\/+$/, '')}/`];
  const { code, stderr } = await git(['ls-tree', '-r', '-z', '-l', '--full-tree', revision, ...below], {
    onData,
  });
  if (code !== 0) throw failed(`${source.url} can't be listed: ${lastLine(stderr)}`);
  if (count === 0)
    throw failed(`${source.url} has no files${source.path === null ? '' : ` in ${source.path}`}`);
}

function runGit(
  repository: string,
  args: string[],
  { env, signal }: FetchOptions,
  more: RunOptions,
): Promise<Ran> {
  const safe = [
    '-c',
    'core.hooksPath=/dev/null',
    '-c',
    'core.fsmonitor=false',
    '-c',
    'protocol.ext.allow=never',
  ];
  const place = args[0] === 'init' ? [] : ['--git-dir', repository];
  return runProgram('git', [...safe, '-c', 'gc.auto=0', ...place, ...args], {
    env: gitEnvironment(env),
    signal,
    ...more,
  });
}

/** Never asks at the terminal, is led to no other repository, and speaks English. */
function gitEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.fromEntries(
    Object.entries(env).filter(
      ([name]) => !/^GIT_(DIR|WORK_TREE|INDEX_FILE|OBJECT_DIRECTORY|EXEC_PATH|CONFIG_PARAMETERS)$/.test(name),
    ),
  );
  return {
    GIT_SSH_COMMAND: 'ssh -o BatchMode=yes',
    ...kept,
    GIT_TERMINAL_PROMPT: '0',
    GIT_ALLOW_PROTOCOL: 'https:http:ssh:git:file',
    LC_ALL: 'C',
  };
}

/** Bytes of all files below a folder, also while they are written. */
function sizeOf(folder: string): number {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .reduce(
        (sum, entry) =>
          sum + (statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.size ?? 0),
        0,
      );
  } catch {
    return 0; // renamed at this moment: the next look sees it
  }
}

async function succeed(running: Promise<Ran>, what: string): Promise<void> {
  const { code, stderr } = await running;
  if (code !== 0) throw failed(`${what} failed: ${lastLine(stderr)}`);
}

const failed = (message: string): CoworkError => new CoworkError('PLUGIN_FETCH_FAILED', `${message}.`);
const lastLine = (text: string): string =>
  (text.split('\n').at(-1) ?? '').replace(/^fatal: /, '').replace(/\.$/, '') || 'git does not say why';
