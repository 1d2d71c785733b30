import { CoworkError } from './errors.ts';

const NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;

/** Names that mean somebody already: the lead, the person, and the team itself. */
export const RESERVED_NAMES = ['lead', 'user', 'team'] as const;

/** Whether `name` has the form that teams and agents need (reserved names included). */
export function isName(name: string): boolean {
  return NAME.test(name);
}

/** Refuses a name for a new team or teammate that has the wrong form or is reserved. */
export function assertNewName(name: string, kind: 'team' | 'teammate'): void {
  if (!isName(name) || (RESERVED_NAMES as readonly string[]).includes(name)) {
    throw new CoworkError('NAME_INVALID', `${JSON.stringify(name)} can't be the name of a ${kind}.`);
  }
}

/** The candidate that is nearest to what was typed, when it is near enough to be a slip of the finger, or goes on where that ends. */
export function nearestName(typed: string, candidates: readonly string[]): string | undefined {
  const scored = candidates
    .map((candidate) => ({ candidate, distance: editDistance(typed, candidate) }))
    .filter(({ candidate, distance }) => distance <= Math.max(2, Math.ceil(candidate.length / 3)))
    .sort((a, b) => a.distance - b.distance);
  const begun = typed.length < 3 ? undefined : candidates.find((candidate) => candidate.startsWith(typed));
  return begun ?? scored[0]?.candidate;
}

/** Edit distance over UTF-16 units; two that changed places count once (optimal string alignment). */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swap = isSwap ? (before[j - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY;
      current.push(Math.min(substitution, swap, (previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1));
    }
    before = previous;
    previous = current;
  }
  return previous[b.length] ?? 0;
}
