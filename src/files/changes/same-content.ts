import { closeSync, constants, openSync, readSync } from 'node:fs';
import { type HostPath, inside } from '../host.ts';
import { findBelow } from './below.ts';
import { hasSameContent, type State } from './state.ts';

const READ = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const CHUNK = 1 << 20;

/** Whether a file still, or again, has the content that was kept. */
export function hasContent(kept: string, was: State, root: number, path: string, is: State): boolean {
  if (is.kind !== was.kind) return false;
  if (is.kind !== 'file' || hasSameContent(was, is)) return true;
  if (is.size !== was.size) return false;
  using below = findBelow(root, path);
  return below !== undefined && areEqual(kept, inside(below.directory, below.name));
}

/** Whether a file has the same bytes at the same path below two roots. */
export function isSameBelow(a: number, b: number, path: string): boolean {
  using first = findBelow(a, path);
  using second = findBelow(b, path);
  if (first === undefined || second === undefined) return false;
  return areEqual(inside(first.directory, first.name), inside(second.directory, second.name));
}

function areEqual(one: HostPath, other: HostPath): boolean {
  const a = openSync(one, READ);
  try {
    const b = openSync(other, READ);
    try {
      return haveEqualBytes(a, b);
    } finally {
      closeSync(b);
    }
  } finally {
    closeSync(a);
  }
}

function haveEqualBytes(a: number, b: number): boolean {
  const [first, second] = [Buffer.allocUnsafe(CHUNK), Buffer.allocUnsafe(CHUNK)];
  for (let at = 0; ; ) {
    const read = readSync(a, first, 0, CHUNK, at);
    if (readSync(b, second, 0, CHUNK, at) !== read) return false;
    if (read === 0) return true;
    if (first.compare(second, 0, read, 0, read) !== 0) return false;
    at += read;
  }
}
