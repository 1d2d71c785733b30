import { CoworkError } from '../protocol/errors.ts';
import type { Sandbox } from '../protocol/team.ts';
import { type GrantRequest, grantedFolder } from '../team/grants.ts';
import { readProjectRecord } from '../team/project-record.ts';

/** What a new team of a project has because the user has allowed it for the project, and what to say of it. */
export interface Standing {
  grants: GrantRequest[];
  hosts: string[];
  notes: string[];
}

/**
 * Reads what was always allowed. A folder that has become a link to another, or is gone, is left out and named: consent was to the folder that was
 * shown. What the command line grants itself goes before it.
 */
export function standingOf(
  home: string,
  project: string | null,
  granted: readonly GrantRequest[],
  sandbox: Sandbox,
): Standing {
  if (project === null) return { grants: [], hosts: [], notes: [] };
  const { hosts, folders } = readProjectRecord(home, project);
  const notes: string[] = [];
  const grants = folders.flatMap(({ path, mode }): GrantRequest[] => {
    if (granted.some((grant) => grant.path === path)) return [];
    const why = obstacle(home, path, mode, sandbox);
    if (why !== undefined) notes.push(`Not granted, though allowed for this project: ${path} (${why}).`);
    return why === undefined ? [{ path, mode }] : [];
  });
  const shown = [...hosts.map(({ host }) => host), ...grants.map(({ path, mode }) => `${path} (${mode})`)];
  if (shown.length > 0) notes.push(`Allowed for this project: ${shown.join(', ')}. See \`cowork project\`.`);
  return { grants, hosts: hosts.map(({ host }) => host), notes };
}

function obstacle(
  home: string,
  path: string,
  mode: GrantRequest['mode'],
  sandbox: Sandbox,
): string | undefined {
  if (sandbox === 'none' && mode !== 'ro' && mode !== 'rw') return `"${mode}" needs a virtual machine`;
  try {
    return grantedFolder(home, path, mode) === path ? undefined : 'it leads elsewhere now';
  } catch (error) {
    if (error instanceof CoworkError) return error.message.replace(/\.$/, '');
    throw error;
  }
}
