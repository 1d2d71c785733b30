import { sep } from 'node:path';
import { resultBranch } from '../git/places.ts';
import { assertBranchFree, readUserRepository, type UserRepository } from '../git/user-repository.ts';
import { CoworkError } from '../protocol/errors.ts';
import type { TeamGrant } from '../team/team.ts';

/** A repository that a team is to work on, as it was found. */
export interface FoundRepository {
  grant: TeamGrant;
  source: UserRepository;
  /** The branch that gets the result. */
  branch: string;
}

/**
 * Looks at the repositories of a launch, and changes nothing. Throws GIT_UNUSABLE, GIT_BRANCH_TAKEN, GRANT_INVALID.
 */
export async function readRepositories({
  name,
  grants,
  store = null,
}: {
  name: string;
  grants: readonly TeamGrant[];
  store?: string | null;
}): Promise<FoundRepository[]> {
  const clones = grants.filter(({ mode }) => mode === 'clone');
  if (clones.length > 0 && store !== null) {
    throw new CoworkError('GRANT_INVALID', 'A team on several hosts can not have a repository as a clone.');
  }
  const branch = resultBranch(name);
  const found: FoundRepository[] = [];
  for (const grant of clones) {
    const source = await readUserRepository(grant.path);
    // What agents can write, the host's git must not take its settings from.
    const writer = grants.find(
      ({ mode, path }) =>
        ['rw', 'keep'].includes(mode) && (touch(path, grant.path) || touch(path, source.gitDir)),
    );
    if (writer !== undefined) {
      throw new CoworkError(
        'GRANT_INVALID',
        `${grant.path} can't be a clone while ${writer.path} is ${writer.mode}.`,
        {
          hint: 'Grant a repository once: as a clone, or to be written in place.',
        },
      );
    }
    await assertBranchFree(source.gitDir, branch);
    found.push({ grant, source, branch });
  }
  return found;
}

/** The grants of a launch with what was found of their repositories. */
export const withRepositories = (
  { grants }: { grants: readonly TeamGrant[] },
  found: readonly FoundRepository[],
): TeamGrant[] =>
  grants.map((grant) => {
    const repository = found.find((each) => each.grant === grant);
    if (repository === undefined) return grant;
    const { gitDir, base, branch } = repository.source;
    return { ...grant, repository: { gitDir, base, branch, result: repository.branch } };
  });

/** What the user may think is in the team's clones, and is not. */
export const whatIsLeftOut = ({ grant, source: { uncommitted } }: FoundRepository): string[] =>
  uncommitted === 0
    ? []
    : [`${grant.path} has ${uncommitted} files with uncommitted changes; the team begins without them.`];

const touch = (one: string, other: string): boolean => isBelow(one, other) || isBelow(other, one);
const isBelow = (inner: string, outer: string): boolean => `${inner}${sep}`.startsWith(`${outer}${sep}`);
