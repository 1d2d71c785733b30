import { closeSync, fstatSync } from 'node:fs';

/** An open file, and which one it is, whatever stands under its name by now. */
export interface OpenFile {
  fd: number;
  inode: number;
}

/** An open file that is kept for the next use: opening and closing costs more than a write does. */
export interface KeptFile {
  /** The file that is open, or the one that `open` gives. */
  get(open: () => number): OpenFile;
  /** What is open now, to be used at once. */
  present(): OpenFile | undefined;
  /** Closes it. */
  forget(): void;
}

/** How long a file stays open that nobody uses, in milliseconds: there may be a hundred of them, and nobody to close them. */
const IDLE_MS = 500;

export function keepFile(): KeptFile {
  let file: OpenFile | undefined;
  let idle: NodeJS.Timeout | undefined;
  const forget = () => {
    clearTimeout(idle);
    if (file !== undefined) closeSync(file.fd);
    file = undefined;
  };
  const get = (open: () => number): OpenFile => {
    if (file === undefined) {
      const fd = open();
      file = { fd, inode: fstatSync(fd).ino };
      idle = setTimeout(forget, IDLE_MS).unref();
    } else {
      idle?.refresh();
    }
    return file;
  };
  return { get, present: () => file, forget };
}
