/** Linux error numbers, the ones that Rlerror carries to the guest (include/uapi/asm-generic/errno*.h). */
export const EPERM = 1;
export const ENOENT = 2;
export const EIO = 5;
export const ENXIO = 6;
export const EBADF = 9;
export const EAGAIN = 11;
export const EEXIST = 17;
export const EXDEV = 18;
export const ENOTDIR = 20;
export const EISDIR = 21;
export const EINVAL = 22;
export const ENFILE = 23;
export const EMFILE = 24;
export const EFBIG = 27;
export const EROFS = 30;
export const ENAMETOOLONG = 36;
export const ENOLCK = 37;
export const ENOTEMPTY = 39;
export const ELOOP = 40;
export const EOPNOTSUPP = 95;
export const ESTALE = 116;

/** A request that is answered with an error number; the connection goes on. */
export class Refusal extends Error {
  readonly errno: number;

  constructor(errno: number) {
    super(`refused with error number ${errno}`);
    this.name = 'Refusal';
    this.errno = errno;
  }
}

/** Bytes that no 9P2000.L client sends: ends the connection, and nothing else. */
export class Violation extends Error {
  override readonly name = 'Violation';
}

// One object per number: an exception without a new stack costs a tenth, and failed look-ups are most of what a guest asks.
const refusals = new Map<number, Refusal>();

export function refuse(errno: number): never {
  const refusal = refusals.get(errno) ?? new Refusal(errno);
  refusals.set(errno, refusal);
  throw refusal;
}

/** The number to answer for anything thrown while a request was served; undefined for what is a fault of ours. */
export function errnoOf(thrown: unknown): number | undefined {
  if (!(thrown instanceof Error)) return undefined;
  if ('errno' in thrown && typeof thrown.errno === 'number') return Math.abs(thrown.errno);
  return errnoOf(thrown.cause); // a journal that can't be written says why
}
