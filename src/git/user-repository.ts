import { CoworkError } from '../protocol/errors.ts';
import { git, lastLine, runGit } from './run-git.ts';

/** A repository of the user, as it was found. */
export interface UserRepository {
  /** Absolute path of its git folder, that of the first work tree when it has several. */
  gitDir: string;
  /** The commit that the user has checked out. */
  base: string;
  /** The branch of it; null when there is none. */
  branch: string | null;
  objectFormat: string;
  /** How many files of the work tree have changes that are in no commit. */
  uncommitted: number;
}

/** Looks at the repository in a folder, and changes nothing. Throws GIT_UNUSABLE. */
export async function readUserRepository(folder: string): Promise<UserRepository> {
  const ask = (...args: string[]) => runGit(['-C', folder, ...args]);
  const found = await ask(
    ...['rev-parse', '--path-format=absolute', '--git-common-dir', '--is-bare-repository', '--show-prefix'],
    '--show-object-format',
  );
  if (found.code !== 0) throw unusable(folder, lastLine(found.stderr));
  const [gitDir = '', isBare, prefix, objectFormat = 'sha1'] = found.stdout.split('\n');
  if (isBare === 'false' && prefix !== '') {
    throw unusable(folder, 'it is a folder inside of one; grant the top of its work tree');
  }
  const head = await ask('rev-parse', '--verify', '--quiet', 'HEAD^{commit}');
  if (head.code !== 0) throw unusable(folder, 'it has no commit yet');
  const partial = await ask('config', '--get-regexp', '^(extensions\\.partialclone|remote\\..*\\.promisor)$');
  if (partial.code === 0) throw unusable(folder, 'it is a partial clone: parts of its history are not there');
  if ((await git(['-C', folder, 'rev-parse', '--is-shallow-repository'])) === 'true') {
    throw unusable(folder, 'its history is cut off (a shallow clone); `git fetch --unshallow` completes it');
  }
  const branch = await ask('symbolic-ref', '--quiet', '--short', 'HEAD');
  const changed = isBare === 'true' ? '' : (await ask('status', '--porcelain', '-z')).stdout;
  return {
    gitDir,
    base: head.stdout.trim(),
    branch: branch.code === 0 ? branch.stdout.trim() : null,
    objectFormat,
    uncommitted: changed.split('\0').filter((line) => /^.. /.test(line)).length,
  };
}

/** Refuses a branch that the user has already, or that can't be made beside those that are there. Throws GIT_BRANCH_TAKEN. */
export async function assertBranchFree(gitDir: string, branch: string): Promise<void> {
  const refs = (await git(['--git-dir', gitDir, 'for-each-ref', '--format=%(refname)', 'refs/heads'])).split(
    '\n',
  );
  const wanted = `refs/heads/${branch}`;
  const taken = refs.find(
    (ref) => ref === wanted || ref.startsWith(`${wanted}/`) || wanted.startsWith(`${ref}/`),
  );
  if (taken === undefined) return;
  throw new CoworkError('GIT_BRANCH_TAKEN', `${gitDir} has ${taken} already; the team needs ${wanted}.`);
}

const unusable = (folder: string, why: string): CoworkError =>
  new CoworkError('GIT_UNUSABLE', `${folder} can't be cloned for a team: ${why}.`);
