import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One hash over every name, mode, time of change and byte below a folder. */
export function hashFolder(folder: string): string {
  const hash = createHash('sha256');
  const visit = (path: string) => {
    const stat = lstatSync(path, { bigint: true });
    hash.update(`${path} ${stat.mode} ${stat.mtimeNs} ${stat.ctimeNs} ${stat.size}\n`);
    if (stat.isDirectory()) for (const name of readdirSync(path).sort()) visit(join(path, name));
    else hash.update(readFileSync(path));
  };
  visit(folder);
  return hash.digest('hex');
}
