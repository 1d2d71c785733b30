import { randomBytes } from 'node:crypto';
import { chmodSync, closeSync, constants, lstatSync, mkdirSync, openSync, renameSync, rmSync } from 'node:fs';
import net from 'node:net';
import { basename, dirname, join } from 'node:path';
import { CoworkError } from '../protocol/errors.ts';

/** A listening Unix socket; ending it removes the file, unless another keeper has put its own there since. */
export interface UnixListener extends AsyncDisposable {
  readonly path: string;
}

/**
 * Lets `server` listen on the Unix socket `path` (mode 0600; its directory is made with 0700), however long the path is.
 *
 * The kernel takes at most 108 bytes (unix(7)), so the directory is opened and the socket bound by `/proc/self/fd/N/NAME`. It is bound
 * under a name of its own and renamed: a socket that a dead process left is replaced at once, and nobody sees one that is not ready.
 * Throws PANE_UNAVAILABLE when a living process serves the path already.
 */
export async function listenUnix(server: net.Server, path: string): Promise<UnixListener> {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  if (await isAlive(path)) {
    throw new CoworkError('PANE_UNAVAILABLE', `Another process serves ${path} already.`);
  }
  const directory = openDirectory(dirname(path));
  // Kept open as long as the server: on closing, libuv removes the name it bound, and must not find another directory behind the number.
  server.once('close', () => directory.close());
  const temporary = `.${randomBytes(6).toString('hex')}.sock`;
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(join(directory.path, temporary), () => {
        server.off('error', reject);
        resolve();
      });
    });
  } catch (error) {
    directory.close();
    throw new CoworkError('PANE_UNAVAILABLE', `No socket could be made at ${path}.`, { cause: error });
  }
  chmodSync(join(dirname(path), temporary), 0o600);
  renameSync(join(dirname(path), temporary), path);
  const { ino } = lstatSync(path);

  return {
    path,
    async [Symbol.asyncDispose]() {
      if (lstatSync(path, { throwIfNoEntry: false })?.ino === ino) rmSync(path, { force: true });
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** Connects to the Unix socket `path`, however long the path is. Errors come as the socket's `error` event, as always. */
export function connectUnix(path: string): net.Socket {
  const socket = new net.Socket();
  let directory: Directory;
  try {
    directory = openDirectory(dirname(path));
  } catch (error) {
    process.nextTick(() => socket.destroy(error instanceof Error ? error : new Error(String(error))));
    return socket;
  }
  socket.once('connect', directory.close);
  socket.once('close', directory.close);
  return socket.connect(join(directory.path, basename(path)));
}

interface Directory {
  /** A short path that means the open directory. */
  path: string;
  close(): void;
}

function openDirectory(path: string): Directory {
  // Other systems have no /proc; there the path must be short enough as it is.
  if (process.platform !== 'linux') return { path, close: () => undefined };
  let descriptor: number | undefined = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  return {
    path: `/proc/self/fd/${descriptor}`,
    close() {
      if (descriptor !== undefined) closeSync(descriptor);
      descriptor = undefined;
    },
  };
}

function isAlive(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connectUnix(path);
    const answer = (alive: boolean): void => {
      socket.destroy();
      resolve(alive);
    };
    socket.setTimeout(2_000, () => answer(true));
    socket.once('connect', () => answer(true));
    socket.once('error', () => answer(false));
  });
}
