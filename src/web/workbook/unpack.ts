import type { Entry, ZipFile } from 'yauzl';

/** What comes out of one part of a package, and of all that are read, bytes. Counted as it is unpacked, whatever the package claims. */
const PART_MAX = 16 * 1024 * 1024;
const ALL_MAX = 48 * 1024 * 1024;
/** Entries that are looked at. */
const ENTRIES_MAX = 2_000;

/** The texts of those parts of a zip whose names `isWanted`; nothing is written anywhere. Throws an Error with the reason in words. */
export async function unpackParts(
  file: string,
  isWanted: (name: string) => boolean,
): Promise<Map<string, string>> {
  const zip = await openZip(file);
  const parts = new Map<string, string>();
  let room = ALL_MAX;
  try {
    await new Promise<void>((resolve, reject) => {
      zip.on('error', reject);
      zip.on('end', resolve);
      if (zip.entryCount > ENTRIES_MAX) reject(new Error(`it has over ${ENTRIES_MAX} parts`));
      zip.on('entry', (entry: Entry) => {
        if (!isWanted(entry.fileName) || parts.has(entry.fileName)) return zip.readEntry();
        readPart(zip, entry, Math.min(PART_MAX, room)).then((bytes) => {
          room -= bytes.length;
          parts.set(entry.fileName, bytes.toString('utf8'));
          zip.readEntry();
        }, reject);
      });
      zip.readEntry();
    });
    return parts;
  } finally {
    zip.close();
  }
}

async function openZip(file: string): Promise<ZipFile> {
  const yauzl = await import('yauzl');
  const open = yauzl.open ?? yauzl.default.open;
  const options = { lazyEntries: true, strictFileNames: true, validateEntrySizes: true, autoClose: false };
  return new Promise((resolve, reject) =>
    open(file, options, (error, zip) => (error ? reject(error) : resolve(zip))),
  );
}

async function readPart(zip: ZipFile, entry: Entry, most: number): Promise<Buffer> {
  const tooLarge = new Error(`what comes out of it is over ${Math.round(most / 1024 / 1024)} MiB`);
  if (entry.uncompressedSize > most) throw tooLarge;
  const stream = await new Promise<NodeJS.ReadableStream>((resolve, reject) =>
    zip.openReadStream(entry, (error, opened) => (error ? reject(error) : resolve(opened))),
  );
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of stream as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > most) throw tooLarge;
    parts.push(part);
  }
  return Buffer.concat(parts);
}
