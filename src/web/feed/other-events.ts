import { ASKS } from '../../protocol/approval.ts';
import { readAlerts } from '../../team/alerts.ts';
import { listApprovals } from '../../team/approvals.ts';
import { readLedger } from '../../team/ledger.ts';
import type { TimelineItem } from '../shapes.ts';

/** Lives of agents, requests and alerts of a team, as items of its line of time. These journals are short. */
export function otherEvents(dir: string): TimelineItem[] {
  return [...lives(dir), ...approvals(dir), ...alerts(dir)];
}

function lives(dir: string): TimelineItem[] {
  return readLedger(dir).flatMap(({ id, type, at, agent, incarnation, reason }): TimelineItem[] => {
    if (type === 'started') return [];
    const text =
      type === 'incarnation_planned' ? `life ${incarnation} begins` : `life ${incarnation} ended: ${reason}`;
    return [{ key: `l${id}`, at, kind: 'life', who: agent, text }];
  });
}

function approvals(dir: string): TimelineItem[] {
  return listApprovals(dir).flatMap(
    ({ id, kind, agent, what, why, state, created, answered, answeredBy, note }) => {
      const text =
        `${id} ${ASKS[kind]}: ${what}${why === '' || /[.?!]$/.test(what) ? ' ' : '. '}${why}`.trim();
      const asked: TimelineItem = { key: `p${id}`, at: created, kind: 'approval', who: agent, text };
      if (answered === null) return [asked];
      const said = `${id} ${state}${note === '' ? '' : `: ${note}`}`;
      return [
        asked,
        { key: `p${id}!`, at: answered, kind: 'approval', who: answeredBy ?? 'team', text: said },
      ];
    },
  );
}

function alerts(dir: string): TimelineItem[] {
  // A request stands there itself.
  const own = readAlerts(dir).filter(({ kind }) => kind !== 'approval');
  return own.map(({ id, at, agent, kind, text, type }) => ({
    ...{ key: `x${id}`, at, kind: 'alert', who: agent ?? 'team' },
    text: type === 'closed' ? `over: ${kind}` : `${kind}: ${text}`,
  }));
}
