import { clearAfterKill, commitOf, moveRef } from '../git/hub.ts';
import { type Merge, merge } from '../git/merge.ts';
import { type CloneGrant, cloneGrants, hubFolder } from '../git/places.ts';
import { publish } from '../git/publish.ts';
import {
  type CheckEnd,
  isWaiting,
  noteInQueue,
  type QueueEntry,
  type QueueFact,
  readQueue,
  short,
} from '../git/queue.ts';
import { git } from '../git/run-git.ts';
import type { Mailbox } from '../mailbox/mailbox.ts';
import type { Log } from '../protocol/log-events.ts';
import type { TaskList } from '../tasklist/tasklist.ts';
import { closeAlert, raiseAlert } from '../team/alerts.ts';
import { readTeam, type TeamRecord } from '../team/team.ts';
import { checkTask, conflictTask } from './returned-push.ts';

/** Runs the team's command on a commit; throws when it could not be run. */
export type RunCheck = (of: {
  grant: string;
  commit: string;
  command: string;
  agent: string;
  signal: AbortSignal;
}) => Promise<CheckEnd>;

interface MergeQueueOptions {
  dir: string;
  tasks: TaskList;
  mailbox: Mailbox;
  check: RunCheck;
  /** Aborted when this supervisor goes. */
  signal: AbortSignal;
  log: Log;
  /** Milliseconds since some fixed moment. */
  now?: () => number;
}

export interface MergeQueue {
  /** Goes on with what there is to do, beside the caller; called again and again. */
  tend(team: TeamRecord): void;
  /** Resolves when nothing of it runs any more. */
  settled(): Promise<void>;
}

/** Pause before what could not be done is tried again, in milliseconds. */
const AGAIN_MS = 15_000;
const CHECK_ALERT = 'check';
const PUBLISH_ALERT = 'branch';
/** The commit that a check is to fetch. */
const CHECKED_REF = 'refs/cowork/check';

/**
 * Merges what agents have pushed, one push after the other: merged with what landed before, checked, landed, published. The state
 * is in refs and in the journal of the queue: each step can be done once more, and one that was killed is.
 */
export function createMergeQueue(options: MergeQueueOptions): MergeQueue {
  const { dir, tasks, mailbox, check, signal, log, now = () => performance.now() } = options;
  const running = new Map<string, Promise<void>>();
  const later = new Map<string, number>();
  const cleared = new Set<string>();

  const tend = (team: TeamRecord): void => {
    for (const grant of cloneGrants(team)) {
      const { name } = grant;
      if (team.phase !== 'running' || signal.aborted || running.has(name)) continue;
      if (now() < (later.get(name) ?? 0)) continue;
      const work = workOn(team, grant)
        .catch((error: unknown) => {
          if (signal.aborted) return;
          later.set(name, now() + AGAIN_MS);
          log('merge_failed', { grant: name, reason: String(error) });
          const why = error instanceof Error ? error.message : String(error);
          return raiseAlert(dir, null, CHECK_ALERT, `${name}: ${why} It is tried again.`);
        })
        .finally(() => running.delete(name));
      running.set(name, work);
    }
  };

  const workOn = async (team: TeamRecord, grant: CloneGrant): Promise<void> => {
    if (!cleared.has(grant.name)) {
      const own = [`refs/heads/${grant.repository.result}`, CHECKED_REF];
      clearAfterKill(hubFolder(dir, grant.name), own);
      cleared.add(grant.name);
    }
    for (;;) {
      await noticePushes(team, grant);
      const next = readQueue(dir, grant.name).entries.find(isWaiting);
      if (next === undefined) break;
      signal.throwIfAborted();
      await advance(grant, next);
      await closeAlert(dir, null, CHECK_ALERT);
    }
    await publishResult(grant);
  };

  /** A push is the branch of an agent at a new commit: it needs no word of anybody, so none can be lost. */
  const noticePushes = async (team: TeamRecord, { name }: CloneGrant): Promise<void> => {
    const { entries } = readQueue(dir, name);
    let count = entries.length;
    for (const { name: agent } of team.agents) {
      const commit = commitOf(hubFolder(dir, name), `refs/heads/${agent}`);
      const own = entries.filter((entry) => entry.agent === agent);
      if (commit === undefined || own.at(-1)?.commit === commit) continue;
      for (const { id } of own.filter(isWaiting)) {
        await note(name, { type: 'dropped', entry: id, why: `${agent} has pushed again` });
      }
      await note(name, { type: 'pushed', entry: `p${++count}`, agent, commit });
    }
  };

  const advance = async (grant: CloneGrant, entry: QueueEntry): Promise<void> => {
    const { name, repository } = grant;
    const hub = hubFolder(dir, name);
    const ref = `refs/heads/${repository.result}`;
    const tip = commitOf(hub, ref);
    if (tip === undefined) throw new Error(`${hub} has lost its branch ${repository.result}`);
    const merged = await merge(hub, { tip, ...entry, by: entry.agent, message: mergeMessage(entry) });
    if (merged.kind === 'conflict') return giveBack(grant, entry, merged);
    // Moved before and not written down, or in it by another's push.
    if (merged.kind === 'there') return land(grant, entry, tip);
    const { commit } = merged;
    const end = await checkOnce(grant, entry, { tip, commit });
    if (end !== null && end.code !== 0) return giveBack(grant, entry, end);
    await moveRef(hub, { ref, to: commit, from: tip });
    await land(grant, entry, commit);
  };

  /** Runs the check unless this very commit was checked before; null when the team has none. */
  const checkOnce = async (
    { name }: CloneGrant,
    entry: QueueEntry,
    { tip, commit }: { tip: string; commit: string },
  ): Promise<CheckEnd | null> => {
    const { check: command } = readTeam(dir);
    if (command === undefined) return null;
    if (entry.check?.commit === commit) return entry.check;
    await git(['--git-dir', hubFolder(dir, name), 'update-ref', CHECKED_REF, commit]);
    const end = await check({ grant: name, commit, command, agent: entry.agent, signal });
    await note(name, { type: 'checked', entry: entry.id, tip, commit, ...end });
    return end;
  };

  const land = async (grant: CloneGrant, { id, agent }: QueueEntry, commit: string): Promise<void> => {
    const text = `Your push to ${grant.name} has landed: ${grant.repository.result} is at ${short(commit)}. Settle its task if you have not.`;
    // Told first: what is written down is not told again.
    await tell(agent, text, `landed-${grant.name}-${id}`);
    await note(grant.name, { type: 'landed', entry: id, commit });
    await publishResult(grant);
  };

  /** What can't land becomes a task of its author, unless that has pushed again by now. */
  const giveBack = async (
    grant: CloneGrant,
    entry: QueueEntry,
    reason: CheckEnd | (Merge & { kind: 'conflict' }),
  ): Promise<void> => {
    const { name } = grant;
    const team = readTeam(dir);
    if (commitOf(hubFolder(dir, name), `refs/heads/${entry.agent}`) !== entry.commit) {
      return note(name, { type: 'dropped', entry: entry.id, why: `${entry.agent} has pushed again` });
    }
    const isThere = team.agents.some((agent) => agent.name === entry.agent && agent.wanted === 'running');
    const of = { grant, entry, check: team.check ?? '' };
    const words = 'kind' in reason ? conflictTask(of, reason) : checkTask(of, reason);
    const task = await tasks.create({
      ...{ by: 'team', incarnation: 0, key: `push-${name}-${entry.id}` },
      ...{ ...words, owner: isThere ? entry.agent : null },
    });
    const why = 'kind' in reason ? 'conflict' : 'check';
    const text = `Your push to ${name} has not landed: ${why === 'conflict' ? 'it conflicts with what landed before' : 'the check failed'}. ${task.id} is yours and says more; claim it with task_claim.`;
    await tell(entry.agent, text, `returned-${name}-${entry.id}`);
    await note(name, { type: 'returned', entry: entry.id, why, task: task.id });
  };

  /** Brings the user's branch to where ours is; what stands in the way is told, and tried again. */
  const publishResult = async ({ name, repository }: CloneGrant): Promise<void> => {
    const { result, gitDir, base } = repository;
    const hub = hubFolder(dir, name);
    const tip = commitOf(hub, `refs/heads/${result}`);
    const { published } = readQueue(dir, name);
    if (tip === undefined || tip === base || (published?.commit === tip && published.obstacle === null))
      return;
    const obstacle = (await publish({ hub, gitDir, branch: result, signal })) ?? null;
    if (published?.commit !== tip || published.obstacle !== obstacle) {
      await note(name, { type: 'published', commit: tip, obstacle });
    }
    if (obstacle === null) return closeAlert(dir, null, PUBLISH_ALERT);
    later.set(name, now() + AGAIN_MS);
    const what = `The result is not in your repository: ${obstacle}. Mend it; \`cowork apply\` tries at once.`;
    await raiseAlert(dir, null, PUBLISH_ALERT, `${name}: ${what}`);
  };

  const note = (grant: string, fact: QueueFact): Promise<void> => {
    log('queue', { grant, ...fact, ...('tail' in fact ? { tail: undefined } : {}) });
    return noteInQueue(dir, grant, fact);
  };

  const tell = async (agent: string, text: string, key: string): Promise<void> => {
    const { agents } = readTeam(dir);
    if (!agents.some(({ name, wanted }) => name === agent && wanted === 'running')) return;
    await mailbox.send({ from: 'team', to: agent, kind: 'notice', text, incarnation: 0, key });
  };

  return {
    tend,
    settled: async () => {
      await Promise.all(running.values());
    },
  };
}

const mergeMessage = ({ agent, commit }: QueueEntry): string => `Merge ${short(commit)} of ${agent}`;
