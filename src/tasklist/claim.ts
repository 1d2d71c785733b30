import { CoworkError } from '../protocol/errors.ts';
import { whyStale } from './fold.ts';
import type { TaskJournal } from './journal.ts';
import type { ClaimOutcome, ClaimRequest } from './requests.ts';
import { type Entry, type ListState, nextOpen, showTask } from './state.ts';
import type { Refused } from './verdict.ts';
import { whyNotClaim } from './working.ts';

/** How many others seem to be after the same tasks. */
export interface Crowd {
  size: number;
}
const CROWD_MAX = 16;

/**
 * Claims one task, or the oldest open one. Whoever loses a race for that tries the next, and from then on, for as long as it
 * is crowded, one of the oldest: those who claim at once would go on to meet, as they are woken by the same `fdatasync`.
 */
export async function claimTask(
  journal: TaskJournal,
  request: ClaimRequest,
  crowd: Crowd,
): Promise<ClaimOutcome> {
  if (request.id !== undefined) {
    const entry = (await journal.refresh()).entries.get(request.id);
    if (entry === undefined) {
      return lost('unknown', { code: 'TASK_UNKNOWN', message: `There is no task ${request.id}.` });
    }
    return claimEntry(journal, request, entry);
  }
  for (;;) {
    // A look costs a tenth of a try that comes too late, which everybody else has to read, too.
    const further = Math.floor(Math.random() * (crowd.size + 1));
    const entry = nextOpen(await journal.refresh(), request.by, further);
    if (entry === undefined) {
      const stale = whyStale(journal.known(), request);
      if (stale) return lost('stale', stale); // also with nothing left to do, a life that is over finds it out
      return lost('none', { code: 'TASK_NONE_OPEN', message: `No task is open for ${request.by}.` });
    }
    const outcome = await claimEntry(journal, request, entry);
    if (outcome.won) crowd.size = Math.max(0, crowd.size - 0.1);
    else if (outcome.reason === 'taken') crowd.size = Math.min(CROWD_MAX, crowd.size * 2 + 1);
    if (outcome.won || outcome.reason === 'stale') return outcome;
  }
}

async function claimEntry(
  journal: TaskJournal,
  { by, incarnation }: ClaimRequest,
  entry: Entry,
): Promise<ClaimOutcome> {
  const { id } = entry;
  const mine = claimOf(journal.known(), id, by, incarnation);
  if (mine) return mine; // a repeat of a claim that was won, by the same life
  const hopeless = whyNotClaim(entry, by);
  if (hopeless) return lost(lossOf(journal.known(), id, hopeless), hopeless);
  const token = await journal.nextId();
  const verdict = await journal.commit({ by, incarnation }, { type: 'claim', task: id, token });
  const list = journal.known();
  if (!verdict.counts) return lost(lossOf(list, id, verdict), verdict);
  const won = list.entries.get(id);
  if (won === undefined) throw new Error(`task ${id} is gone from its journal`);
  return { won: true, task: showTask(list, won), token };
}

function claimOf(list: ListState, id: string, by: string, incarnation: number): ClaimOutcome | undefined {
  const entry = list.entries.get(id);
  if (entry?.state !== 'in_progress' || entry.claim?.by !== by || entry.claim.incarnation !== incarnation) {
    return undefined;
  }
  return { won: true, task: showTask(list, entry), token: entry.claim.token };
}

function lossOf(list: ListState, id: string, { code }: Pick<Refused, 'code'>): LossReason {
  if (code === 'STALE_WRITER') return 'stale';
  if (code === 'TASK_TAKEN') return 'taken';
  return list.entries.get(id)?.state === 'blocked' ? 'blocked' : 'closed';
}

type LossReason = Extract<ClaimOutcome, { won: false }>['reason'];

function lost(
  reason: LossReason,
  { code, message, holder }: Pick<Refused, 'code' | 'message' | 'holder'>,
): ClaimOutcome {
  return { won: false, reason, holder: holder ?? null, refusal: new CoworkError(code, message) };
}
