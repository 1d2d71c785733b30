import { cloneGrants } from '../git/places.ts';
import { readQueueRecords, sayFact } from '../git/queue.ts';
import type { Message } from '../protocol/message.ts';
import { openTaskList } from '../tasklist/tasklist.ts';
import { readAlerts } from '../team/alerts.ts';
import { describeAnswer, listApprovals } from '../team/approvals.ts';
import { readLedger } from '../team/ledger.ts';
import { readTeam } from '../team/team.ts';

/** One line of what happened in a team: a message with its copies, or something else that was done. */
export type TimelineEvent =
  | { at: string; type: 'message'; message: Message; to: { name: string; state: Message['state'] }[] }
  | { at: string; type: 'task' | 'life' | 'approval' | 'alert' | 'push'; who: string; text: string };

/** What to leave out, as in the mailbox log. */
interface TimelineFilter {
  agent?: string;
  from?: string;
  grep?: RegExp;
  since?: Date;
}

/**
 * Lays mail, tasks, pushes, lives of agents, approvals and alerts of a team on one line of time, for people: a broadcast is one event with all
 * its recipients. Opens files for reading only. Times are what the writers said.
 */
export async function readTimeline(
  dir: string,
  messages: readonly Message[],
  { agent, from, grep, since }: TimelineFilter,
): Promise<TimelineEvent[]> {
  const others = [
    ...(await taskEvents(dir)),
    ...lifeEvents(dir),
    ...approvalEvents(dir),
    ...alertEvents(dir),
    ...pushEvents(dir),
  ].filter(
    (event) =>
      (agent === undefined || event.who === agent) &&
      (from === undefined || event.who === from) &&
      (since === undefined || event.at >= since.toISOString()) &&
      (grep === undefined || event.text.search(grep) !== -1),
  );
  // The sort keeps what is equal in its order: what follows from a message stands behind it.
  return [...messageEvents(messages), ...others].sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
}

type Other = Exclude<TimelineEvent, { type: 'message' }>;

/** A broadcast with all its copies is one event. */
export function messageEvents(messages: readonly Message[]): TimelineEvent[] {
  const events = new Map<string, TimelineEvent & { type: 'message' }>();
  for (const message of messages) {
    const { broadcastId, id, to: name, state, created: at } = message;
    const known = broadcastId === null ? undefined : events.get(broadcastId);
    if (known === undefined)
      events.set(broadcastId ?? id, { at, type: 'message', message, to: [{ name, state }] });
    else known.to.push({ name, state });
  }
  return [...events.values()];
}

async function taskEvents(dir: string): Promise<Other[]> {
  const tasks = openTaskList(dir);
  const events: Other[] = [];
  for (const { id, subject } of await tasks.list()) {
    for (const { at, by, event, detail } of (await tasks.get(id)).history) {
      const what = event === 'created' ? subject : detail === `by ${by}` ? '' : detail;
      events.push({ at, type: 'task', who: by, text: `${id} ${event}${what === '' ? '' : `: ${what}`}` });
    }
  }
  return events;
}

function lifeEvents(dir: string): Other[] {
  return readLedger(dir).flatMap(({ type, at, agent, incarnation, reason }): Other[] => {
    if (type === 'started') return [];
    const text =
      type === 'incarnation_planned' ? `life ${incarnation} begins` : `life ${incarnation} ended: ${reason}`;
    return [{ at, type: 'life', who: agent, text }];
  });
}

function approvalEvents(dir: string): Other[] {
  return listApprovals(dir).flatMap((approval) => {
    const { id, kind, agent, what, why, created, answered, answeredBy } = approval;
    const asked: Other = {
      at: created,
      type: 'approval',
      who: agent,
      text: `${id} asks for ${kind} ${what}: ${why}`,
    };
    if (answered === null) return [asked];
    return [
      asked,
      {
        at: answered,
        type: 'approval',
        who: answeredBy ?? 'team',
        text: `${id} ${describeAnswer(approval)}`,
      },
    ];
  });
}

function alertEvents(dir: string): Other[] {
  return readAlerts(dir).map(({ at, agent, kind, text, type }) => ({
    ...{ at, type: 'alert', who: agent ?? 'team' },
    text: type === 'closed' ? `over: ${kind}` : `${kind}: ${text}`,
  }));
}

function pushEvents(dir: string): Other[] {
  return cloneGrants(readTeam(dir)).flatMap(({ name }) => {
    const authors = new Map<string, string>();
    return readQueueRecords(dir, name).map((record): Other => {
      if (record.type === 'pushed') authors.set(record.entry, record.agent);
      const who = record.type === 'published' ? 'team' : (authors.get(record.entry) ?? 'team');
      return { at: record.at, type: 'push', who, text: `${name}: ${sayFact(record)}` };
    });
  });
}
