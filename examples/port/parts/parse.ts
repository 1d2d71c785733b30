/** A path in its pieces. */
export interface Pieces {
  root: string;
  dir: string;
  base: string;
  ext: string;
  name: string;
}

export function format(pieces: Partial<Pieces>): string {
  if (pieces === null || typeof pieces !== 'object') {
    throw new TypeError(`The "pathObject" argument must be of type Object. Received type ${typeof pieces}`);
  }
  const base = pieces.base || `${pieces.name || ''}${pieces.ext || ''}`;
  const dir = pieces.dir || pieces.root;
  if (!dir) return base;
  return dir === pieces.root ? `${dir}${base}` : `${dir}/${base}`;
}

export function parse(path: string): Pieces {
  if (typeof path !== 'string')
    throw new TypeError(`Path must be a string. Received ${JSON.stringify(path)}`);
  const root = path.startsWith('/') ? '/' : '';
  const inner = path.replace(/\/+$/, '');
  const last = inner.lastIndexOf('/');
  const base = inner.slice(last + 1);
  const dir = last > 0 ? inner.slice(0, last) : root;
  const dot = base.lastIndexOf('.');
  const ext = dot > 0 && base !== '..' ? base.slice(dot) : '';
  return { root, dir, base, ext, name: base.slice(0, base.length - ext.length) };
}
