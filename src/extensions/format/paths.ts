import type { Notes } from '../finding.ts';

/**
 * A path that an author wrote in a manifest, as a path below the plugin's folder (`a/b`, empty for the folder itself).
 * Undefined, with a finding that refuses, when it leaves the folder.
 */
export function pathBelow(given: string, file: string, notes: Notes, field: string): string | undefined {
  const path = given.replaceAll('\\', '/').replace(/^\$\{CLAUDE_PLUGIN_ROOT\}\/?/, './');
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  if (
    path.startsWith('/') ||
    path.startsWith('~') ||
    /^[A-Za-z]:/.test(path) ||
    parts.includes('..') ||
    path.includes('\0')
  ) {
    notes.refuse(file, `"${field}" names ${JSON.stringify(given)}, which is outside the folder`);
    return undefined;
  }
  if (!path.startsWith('./') && path !== '.')
    notes.warn(file, `"${field}" names ${JSON.stringify(given)} without ./ before it`);
  return parts.join('/');
}
