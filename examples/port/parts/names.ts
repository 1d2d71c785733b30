function assertPath(path: unknown): asserts path is string {
  if (typeof path !== 'string')
    throw new TypeError(`Path must be a string. Received ${JSON.stringify(path)}`);
}

export function dirname(path: string): string {
  assertPath(path);
  const inner = path.replace(/\/+$/, '');
  const last = inner.lastIndexOf('/');
  if (last === -1) return path.startsWith('/') ? '/' : '.';
  if (last === 1 && path.startsWith('//')) return '//';
  return inner.slice(0, last) || '/';
}

export function basename(path: string, ending?: string): string {
  assertPath(path);
  if (ending !== undefined) assertPath(ending);
  if (ending === path) return ''; // as the library has it; Node gives the path
  const inner = path.replace(/\/+$/, '');
  const base = inner.slice(inner.lastIndexOf('/') + 1);
  return ending && base !== ending && base.endsWith(ending) ? base.slice(0, -ending.length) : base;
}

export function extname(path: string): string {
  const base = basename(path);
  const dot = base.lastIndexOf('.');
  return dot > 0 && base !== '..' ? base.slice(dot) : '';
}
