import { EROFS, refuse } from './errno.ts';
import type { ChangeKind, Grant } from './grant.ts';
import type { HostPath } from './host.ts';

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
}

/**
 * Decides about changes. `before` throws a refusal (`refuse(errno)`) or lets the change happen when it returns; a promise
 * holds this request back, and no other.
 */
export interface Policy {
  before(change: Change): Promise<void> | undefined;
}

const readOnly: Policy = { before: () => refuse(EROFS) };
const readWrite: Policy = { before: () => undefined };

export const policyFor = (grant: Grant): Policy => (grant.mode === 'ro' ? readOnly : readWrite);
