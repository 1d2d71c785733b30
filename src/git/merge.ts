import { isIn } from './hub.ts';
import { git, runGit } from './run-git.ts';

/** What comes of putting a commit onto a branch; nothing is moved. */
export type Merge =
  /** All of it is there already. */
  | { kind: 'there' }
  /** The commit that the branch would be at. */
  | { kind: 'merged'; commit: string }
  /** Paths that both have changed, and what git says of them. */
  | { kind: 'conflict'; paths: string[]; text: string };

/** Most of what git says of conflicts that is kept, in characters. */
const TEXT_MAX = 2_000;

/**
 * Merges in the object store alone, so no file of either side is ever laid out, and no filter or driver that it names is run.
 * The same input gives the same commit: a merge that was killed is made again.
 */
export async function merge(
  hub: string,
  of: { tip: string; commit: string; by: string; at: string; message: string },
): Promise<Merge> {
  const { tip, commit } = of;
  if (await isIn(hub, commit, tip)) return { kind: 'there' };
  if (await isIn(hub, tip, commit)) return { kind: 'merged', commit };
  const at = ['--git-dir', hub];
  const words = ['merge-tree', '--write-tree', '--name-only', '-z', tip, commit];
  const { code, stdout, stderr } = await runGit([...at, ...words]);
  if (code !== 0 && code !== 1) return { kind: 'conflict', paths: [], text: stderr.slice(0, TEXT_MAX) };
  const [tree = '', ...rest] = stdout.split('\0');
  if (code === 1) {
    const end = rest.indexOf('');
    const paths = [...new Set(end === -1 ? rest : rest.slice(0, end))];
    return { kind: 'conflict', paths, text: messagesOf(rest.slice(end + 1)).slice(0, TEXT_MAX) };
  }
  const who = { name: 'cowork', email: 'team@cowork.invalid' };
  const env = {
    ...{ GIT_AUTHOR_NAME: who.name, GIT_AUTHOR_EMAIL: who.email, GIT_AUTHOR_DATE: of.at },
    ...{ GIT_COMMITTER_NAME: who.name, GIT_COMMITTER_EMAIL: who.email, GIT_COMMITTER_DATE: of.at },
  };
  const parents = ['-p', tip, '-p', commit];
  return {
    kind: 'merged',
    commit: await git([...at, 'commit-tree', tree, ...parents, '-m', of.message], { env }),
  };
}

/** Each message is a count of paths, the paths, a kind and a text. Source: git-merge-tree(1), "Informational messages". */
function messagesOf(fields: readonly string[]): string {
  const texts: string[] = [];
  for (let i = 0; i < fields.length; ) {
    const paths = Number(fields[i]);
    const text = fields[i + paths + 2];
    if (!Number.isInteger(paths) || text === undefined) break;
    texts.push(text.trim());
    i += paths + 3;
  }
  return texts.filter((text) => text.startsWith('CONFLICT')).join('\n');
}
