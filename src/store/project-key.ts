import { createHash } from 'node:crypto';
import { basename } from 'node:path';

/** The name under which things are kept of the project in the folder `path` (absolute): readable, and one for each path. */
export function projectKey(path: string): string {
  const plain =
    basename(path)
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '-')
      .slice(0, 40) || 'root';
  return `${plain}-${createHash('sha256').update(path).digest('hex').slice(0, 12)}`;
}
