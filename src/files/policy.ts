import { EROFS, refuse } from './errno.ts';
import type { ChangeKind, Grant } from './grant.ts';
import type { HostPath } from './host.ts';

/** A file held by a descriptor (O_PATH), or a name in a folder held by one; the name as bytes. */
export type Spot = { fd: number } | { directory: number; name: string };

/** A change that a guest asks for, before it happens. */
export interface Change {
  kind: ChangeKind;
  grant: Grant;
  /** Where, relative to the grant's root, for people; the name as last known. */
  path: string;
  /** For `rename` and `link`: the second path, which may exist and be replaced. */
  to?: string;
  /** The place as a path that follows no link but in its last component: open it with O_NOFOLLOW. Valid until `before` is settled. */
  file: HostPath;
  /** The same for `to`. */
  toFile?: HostPath;
  /** The same places by descriptors, and the grant's root. */
  root: number;
  spot: Spot;
  toSpot?: Spot;
}

/**
 * Decides about changes, and hears of them. `before` throws a refusal (`refuse(errno)`) or lets the change happen when it
 * returns; a promise holds this request back, and no other. `after` is told when it has happened, `opened` and `closed`
 * of files that the guest writes; these must not throw.
 */
export interface Policy {
  before(change: Change): Promise<void> | undefined;
  after?(change: Change): void;
  opened?(root: number, fd: number): void;
  closed?(root: number, fd: number): void;
}

const readOnly: Policy = { before: () => refuse(EROFS) };
const readWrite: Policy = { before: () => undefined };

export const policyFor = (grant: Grant): Policy => (grant.mode === 'ro' ? readOnly : readWrite);
