/** Throws what the library throws for anything but a text. */
export function assertPath(path: unknown): asserts path is string {
  if (typeof path !== 'string')
    throw new TypeError(`Path must be a string. Received ${JSON.stringify(path)}`);
}

/** The parts of a path without `.` and, where there is something to leave, without `..`. */
export function partsOf(path: string, mayRise: boolean): string[] {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.length > 0 && parts.at(-1) !== '..') parts.pop();
    else if (mayRise) parts.push(part);
  }
  return parts;
}

export function isAbsolute(path: string): boolean {
  assertPath(path);
  return path.startsWith('/');
}

export function normalize(path: string): string {
  const root = isAbsolute(path) ? '/' : '';
  const inner = partsOf(path, root === '').join('/');
  if (inner === '') return root || (path.endsWith('/') ? './' : '.');
  return `${root}${inner}${path.endsWith('/') ? '/' : ''}`;
}

export function join(...paths: string[]): string {
  for (const path of paths) assertPath(path);
  return normalize(paths.filter((path) => path !== '').join('/'));
}
