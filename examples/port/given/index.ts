// The port. Each part adds its functions below.
const path: Record<string, unknown> = { sep: '/', delimiter: ':', win32: null };
path.posix = path;

export { path as 'module.exports' };
