/** One entry of a cpio archive; folders and devices have no data. */
export interface CpioEntry {
  name: string;
  mode: number;
  data?: Uint8Array;
  /** Major and minor number of a device. */
  device?: readonly [number, number];
}

export const FOLDER = 0o040755;
export const FILE = 0o100644;
export const PROGRAM = 0o100755;
export const CHARACTER_DEVICE = 0o020600;

/**
 * A cpio archive in the "newc" format, as the kernel unpacks it from an initrd. Archives can be joined end to end: later ones add to the first.
 * All times are 0, so equal entries give equal bytes. Format: Linux, Documentation/driver-api/early-userspace/buffer-format.rst.
 */
export function cpioArchive(entries: readonly CpioEntry[]): Buffer {
  const parts = entries.flatMap((entry, index) => member(entry, index + 1));
  return Buffer.concat([...parts, ...member({ name: 'TRAILER!!!', mode: 0 }, 0)]);
}

function member(entry: CpioEntry, inode: number): Buffer[] {
  const name = Buffer.from(`${entry.name}\0`);
  const data = entry.data ?? new Uint8Array();
  const [major, minor] = entry.device ?? [0, 0];
  const fields = [inode, entry.mode, 0, 0, 1, 0, data.length, 0, 0, major, minor, name.length, 0];
  const header = Buffer.from(`070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}`);
  return [header, name, padding(header.length + name.length), Buffer.from(data), padding(data.length)];
}

function padding(length: number): Buffer {
  return Buffer.alloc((4 - (length % 4)) % 4);
}
