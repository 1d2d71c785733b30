import { type CloneGrant, hubFolder } from './places.ts';
import { git } from './run-git.ts';

/** What the result changes in one file. */
export interface FileChange {
  path: string;
  /** Where it was, when it was moved. */
  from: string | null;
  change: 'created' | 'modified' | 'deleted' | 'renamed';
  /** Who has written the commits that changed it. */
  authors: string[];
  /** Lines of a unified diff; null for what is no text. */
  diff: string[] | null;
}

/** What the branch of the result changes since the team began; below `below`, or everywhere. */
export async function resultChanges(dir: string, grant: CloneGrant, below: string): Promise<FileChange[]> {
  const { base, result } = grant.repository;
  const at = ['--git-dir', hubFolder(dir, grant.name)];
  const range = [base, `refs/heads/${result}`, '--', ...(below === '' ? [] : [`:(top,literal)${below}`])];
  const plain = ['--no-ext-diff', '--no-textconv', '--no-color', '--find-renames', '--submodule=short'];
  const names = (await git([...at, 'diff', ...plain, '--name-status', '-z', ...range])).split('\0');
  const patches = (await git([...at, 'diff', ...plain, ...range])).split(/^(?=diff --git )/m);
  const authors = await authorsOf(at, [`${base}..refs/heads/${result}`, ...range.slice(2)]);
  const changes: FileChange[] = [];
  for (let i = 0; i + 1 < names.length; ) {
    const kind = names[i]?.[0] ?? '';
    const isMove = kind === 'R';
    const path = names[i + (isMove ? 2 : 1)] ?? '';
    const from = isMove ? (names[i + 1] ?? null) : null;
    const lines = (patches[changes.length] ?? '').split('\n');
    const start = lines.findIndex((line) => line.startsWith('@@'));
    const change = ({ A: 'created', D: 'deleted', R: 'renamed' } as const)[kind] ?? 'modified';
    const diff =
      start === -1 ? null : lines.slice(start).filter((line, at, all) => line !== '' || at < all.length - 1);
    changes.push({ path, from, change, authors: [...(authors.get(path) ?? [])].sort(), diff });
    i += isMove ? 3 : 2;
  }
  return changes;
}

/** By path, who has written the commits that changed it. */
async function authorsOf(at: readonly string[], range: readonly string[]): Promise<Map<string, Set<string>>> {
  const authors = new Map<string, Set<string>>();
  const log = await git([
    ...at,
    'log',
    '--no-merges',
    '--no-renames',
    '--format=%x01%an',
    '--name-only',
    '-z',
    ...range,
  ]);
  for (const commit of log.split('\x01').slice(1)) {
    const [author = '', ...paths] = commit.split(/[\0\n]+/);
    for (const path of paths.filter((each) => each !== '')) {
      const known = authors.get(path) ?? new Set();
      authors.set(path, known.add(author));
    }
  }
  return authors;
}
