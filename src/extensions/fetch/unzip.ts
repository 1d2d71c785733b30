import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Entry, ZipFile } from 'yauzl';
import { CoworkError } from '../../protocol/errors.ts';
import type { Notes } from '../finding.ts';
import { messageOf, TREE_LIMITS } from '../load/tree.ts';

/** Largest archive in bytes. */
export const ARCHIVE_MAX = 256 * 1024 * 1024;

/**
 * Unpacks a zip into an empty folder. Counted is what comes out, not what the archive says: a bomb ends at the limit.
 * Names that leave the folder refuse the archive; links are left out. Throws PLUGIN_FETCH_FAILED.
 */
export async function unzip(bytes: Buffer, into: string, notes: Notes): Promise<void> {
  const { fromBufferPromise } = await openZip();
  let zip: ZipFile;
  try {
    zip = await fromBufferPromise(bytes);
  } catch (error) {
    throw failed(messageOf(error), error);
  }
  const total = { files: 0, bytes: 0 };
  await new Promise<void>((resolve, reject) => {
    // The library refuses absolute paths, `..`, backslashes and sizes that are lies, as errors.
    zip.on('error', (error: unknown) => reject(failed(messageOf(error), error)));
    zip.on('end', resolve);
    zip.on('entry', (entry: Entry) => {
      unpack(zip, entry, { into, total, notes }).then(
        () => zip.readEntry(),
        (error: unknown) => reject(error instanceof CoworkError ? error : failed(messageOf(error), error)),
      );
    });
    zip.readEntry();
  });
}

async function openZip() {
  const yauzl = await import('yauzl');
  const open = yauzl.fromBuffer ?? yauzl.default.fromBuffer;
  return {
    fromBufferPromise: (bytes: Buffer) =>
      new Promise<ZipFile>((resolve, reject) =>
        open(bytes, { lazyEntries: true, strictFileNames: true, validateEntrySizes: true }, (error, zip) =>
          error ? reject(error) : resolve(zip),
        ),
      ),
  };
}

async function unpack(
  zip: ZipFile,
  entry: Entry,
  { into, total, notes }: { into: string; total: { files: number; bytes: number }; notes: Notes },
): Promise<void> {
  if (++total.files > TREE_LIMITS.files) throw failed(`it has over ${TREE_LIMITS.files} files`);
  const mode = entry.externalFileAttributes >>> 16;
  const path = join(into, entry.fileName);
  if (entry.fileName.endsWith('/')) return void mkdirSync(path, { recursive: true, mode: 0o700 });
  const kind = mode & 0o170000;
  if (kind !== 0 && kind !== 0o100000)
    return notes.warn(entry.fileName, 'is a link or device in the archive and was left out');
  if (total.bytes + entry.uncompressedSize > TREE_LIMITS.bytes) throw tooLarge();
  const stream = await new Promise<NodeJS.ReadableStream>((resolve, reject) =>
    zip.openReadStream(entry, (error, opened) => (error ? reject(error) : resolve(opened))),
  );
  const parts: Buffer[] = [];
  for await (const part of stream as AsyncIterable<Buffer>) {
    total.bytes += part.length;
    if (total.bytes > TREE_LIMITS.bytes) throw tooLarge();
    parts.push(part);
  }
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  // Never over a file that is there: two entries of one name would show one and run the other.
  writeFileSync(path, Buffer.concat(parts), { flag: 'wx', mode: (mode & 0o111) === 0 ? 0o600 : 0o700 });
}

const tooLarge = (): CoworkError =>
  failed(`what comes out of it is over ${TREE_LIMITS.bytes / 1024 ** 2} MiB`);
const failed = (why: string, cause?: unknown): CoworkError =>
  new CoworkError('PLUGIN_FETCH_FAILED', `The archive can't be unpacked: ${why}.`, { cause });
