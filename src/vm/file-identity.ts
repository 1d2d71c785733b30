import { statSync } from 'node:fs';

/** Says whether a file is still the one that it was, without reading it: nobody can set the time of its last change. */
export function fileIdentity(file: string): string {
  const { dev, ino, size, mtimeMs, ctimeMs } = statSync(file);
  return [dev, ino, size, mtimeMs, ctimeMs].join(' ');
}
