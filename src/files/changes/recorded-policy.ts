import { EPERM, refuse } from '../errno.ts';
import type { Grant } from '../grant.ts';
import type { Change, Policy } from '../policy.ts';
import { policyFor } from '../policy.ts';
import type { DeletionGuard } from './deletion-guard.ts';
import type { History } from './history.ts';
import type { Recorder } from './recorder.ts';
import { pathBelow, stateAt } from './where.ts';

/** The policy of a grant's mode, with first versions kept and deletions watched; `ro` needs neither. */
export function recordedPolicy(grant: Grant, recorder: Recorder, guard: DeletionGuard): Policy {
  if (grant.mode === 'ro') return policyFor(grant);
  return {
    before: (change) => {
      if (change.kind === 'remove' || change.kind === 'rename') {
        const history = recorder.history(grant.name);
        if (grant.mode === 'keep') refuseLoss(change, history);
        guard.check(change, history);
      }
      return recorder.before(change);
    },
    ...recorder.watch(grant),
  };
}

/**
 * `keep`: nothing that was there before the team may go. It may be edited (its first version is kept) and moved to a free
 * name; what agents made they may remove. A new file may be renamed over an old one, for that is how programs save.
 */
function refuseLoss({ kind, root, spot, toSpot }: Change, history: History): void {
  const isPrecious = (path: string | undefined) => path !== undefined && history.isPrecious(path);
  const from = pathBelow(root, spot);
  if (kind === 'remove') {
    if (stateAt(spot) !== undefined && isPrecious(from)) refuse(EPERM);
    return;
  }
  if (toSpot === undefined) return;
  const replaced = stateAt(toSpot);
  if (replaced === undefined || !isPrecious(pathBelow(root, toSpot))) return;
  const source = stateAt(spot);
  if (source === undefined || source.file === replaced.file) return;
  const isSave = source.kind === 'file' && replaced.kind === 'file' && !isPrecious(from);
  if (!isSave) refuse(EPERM);
}
