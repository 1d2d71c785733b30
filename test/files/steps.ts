import * as fs from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { type Client, O, RemoteError, SET } from './client.ts';

/** One operation, as it is done through the server and as it is done to a directory beside it. */
export interface Step {
  title: string;
  remote(client: Client): Promise<unknown>;
  local(root: string): unknown;
}

export const ROOT = 'grants/work';
const path = fc.constantFrom('a', 'b', 'c', 'd', 'd/a', 'd/b', 'd/e', 'd/e/a');
const offset = fc.constantFrom(0, 1, 100, 4095, 4096, 70_000, 262_143);
const bytes = fc
  .tuple(fc.integer({ min: 1, max: 255 }), fc.constantFrom(1, 7, 4096, 66_000))
  .map(([value, length]) => Buffer.alloc(length, value));

function at<R>(file: string, flags: number, use: (fd: number) => R): R {
  const fd = fs.openSync(file, flags | fs.constants.O_NOFOLLOW);
  try {
    return use(fd);
  } finally {
    fs.closeSync(fd);
  }
}

async function through<R>(client: Client, fid: number, use: (fid: number) => Promise<R>): Promise<R> {
  try {
    return await use(fid);
  } finally {
    await client.clunk(fid);
  }
}

const anyStep = fc.oneof(
  fc.tuple(path, offset, bytes).map(
    ([name, from, data]): Step => ({
      title: `write ${name} ${from} ${data.length}`,
      remote: async (client) =>
        through(client, await client.open(`${ROOT}/${name}`, O.wronly), (fid) =>
          client.write(fid, from, data),
        ),
      local: (root) =>
        at(join(root, name), fs.constants.O_WRONLY, (fd) => fs.writeSync(fd, data, 0, data.length, from)),
    }),
  ),
  fc.tuple(path, bytes).map(
    ([name, data]): Step => ({
      title: `append ${name} ${data.length}`,
      remote: async (client) =>
        through(client, await client.open(`${ROOT}/${name}`, O.wronly | O.append), (fid) =>
          client.write(fid, 0, data),
        ),
      local: (root) =>
        at(join(root, name), fs.constants.O_WRONLY | fs.constants.O_APPEND, (fd) => fs.writeSync(fd, data)),
    }),
  ),
  fc.tuple(path, fc.constantFrom(0, O.excl, O.trunc)).map(
    ([name, flags]): Step => ({
      title: `create ${name} ${flags}`,
      remote: async (client) =>
        client.clunk(await client.create(`${ROOT}/${name}`, O.rdwr | O.creat | flags)),
      local: (root) => at(join(root, name), fs.constants.O_RDWR | fs.constants.O_CREAT | flags, () => {}),
    }),
  ),
  fc.tuple(path, offset, fc.constantFrom(1, 5000, 100_000)).map(
    ([name, from, count]): Step => ({
      title: `read ${name} ${from} ${count}`,
      remote: async (client) =>
        through(client, await client.open(`${ROOT}/${name}`), async (fid) =>
          (await client.read(fid, from, count)).toString('hex'),
        ),
      local: (root) =>
        at(join(root, name), 0, (fd) => {
          const buffer = Buffer.alloc(count);
          return buffer.subarray(0, fs.readSync(fd, buffer, 0, count, from)).toString('hex');
        }),
    }),
  ),
  fc.tuple(path, offset).map(
    ([name, size]): Step => ({
      title: `truncate ${name} ${size}`,
      remote: (client) => client.with(`${ROOT}/${name}`, (fid) => client.setattr(fid, SET.size, { size })),
      local: (root) => {
        const kind = fs.lstatSync(join(root, name));
        if (kind.isDirectory()) throw Object.assign(new Error('directory'), { errno: -21 });
        if (kind.isSymbolicLink()) throw Object.assign(new Error('link'), { errno: -22 });
        fs.truncateSync(join(root, name), size);
      },
    }),
  ),
  fc.tuple(path, path).map(
    ([from, to]): Step => ({
      title: `rename ${from} ${to}`,
      remote: (client) => client.rename(`${ROOT}/${from}`, `${ROOT}/${to}`),
      local: (root) => fs.renameSync(join(root, from), join(root, to)),
    }),
  ),
  fc.tuple(path, path).map(
    ([from, to]): Step => ({
      title: `link ${from} ${to}`,
      remote: (client) => client.link(`${ROOT}/${from}`, `${ROOT}/${to}`),
      local: (root) => fs.linkSync(join(root, from), join(root, to)),
    }),
  ),
  path.map(
    (name): Step => ({
      title: `symlink ${name}`,
      remote: (client) => client.symlink(`${ROOT}/${name}`, 'no/where'),
      local: (root) => fs.symlinkSync('no/where', join(root, name)),
    }),
  ),
  path.map(
    (name): Step => ({
      title: `mkdir ${name}`,
      remote: (client) => client.mkdir(`${ROOT}/${name}`),
      local: (root) => fs.mkdirSync(join(root, name)),
    }),
  ),
  path.map(
    (name): Step => ({
      title: `unlink ${name}`,
      remote: (client) => client.unlink(`${ROOT}/${name}`),
      local: (root) => fs.unlinkSync(join(root, name)),
    }),
  ),
  path.map(
    (name): Step => ({
      title: `rmdir ${name}`,
      remote: (client) => client.rmdir(`${ROOT}/${name}`),
      local: (root) => fs.rmdirSync(join(root, name)),
    }),
  ),
  path.map(
    (name): Step => ({
      title: `chmod ${name}`,
      remote: (client) =>
        client.with(`${ROOT}/${name}`, (fid) => client.setattr(fid, SET.mode, { mode: 0o750 })),
      local: (root) => {
        if (fs.lstatSync(join(root, name)).isSymbolicLink())
          throw Object.assign(new Error('link'), { errno: -95 });
        fs.chmodSync(join(root, name), 0o750);
      },
    }),
  ),
);

/** A step that shows its title when a run fails. */
export const step = anyStep.map((made) => Object.assign(made, { [fc.toStringMethod]: () => made.title }));

/** What an operation came to: 'done' or its data, or that it failed. Error numbers differ where path walks differ. */
export async function outcome(run: () => unknown): Promise<unknown> {
  try {
    const result = await run();
    return typeof result === 'string' || typeof result === 'number' ? result : 'done';
  } catch (error) {
    if (error instanceof RemoteError || (error instanceof Error && 'errno' in error)) return 'failed';
    throw error;
  }
}

export function snapshot(root: string): string[] {
  return namesBelow(root).map((name) => {
    const stat = fs.lstatSync(join(root, name));
    const content = stat.isFile() ? fs.readFileSync(join(root, name)).toString('base64') : '';
    const target = stat.isSymbolicLink() ? fs.readlinkSync(join(root, name)) : '';
    return `${name} ${stat.mode.toString(8)} ${stat.isFile() ? stat.nlink : ''} ${target} ${content}`;
  });
}

/** Paths of all that is below a folder. Node's own `recursive` follows links to folders. */
export function namesBelow(root: string, below = ''): string[] {
  return fs
    .readdirSync(join(root, below), { withFileTypes: true })
    .flatMap((entry) => {
      const path = join(below, entry.name);
      return entry.isDirectory() ? [path, ...namesBelow(root, path)] : [path];
    })
    .sort();
}
