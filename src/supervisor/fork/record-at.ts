import { listApprovals } from '../../team/approvals.ts';
import { type LedgerRecord, lastIncarnation, readLedger } from '../../team/ledger.ts';
import { type RosterEntry, TEAM_FORMAT, type TeamRecord } from '../../team/team.ts';
import { isBefore, type Moment } from './moment.ts';

/** The record of a team as it was at a moment, for a new team of another name: job, limits, who was in it, what was granted. */
export function recordAt(dir: string, team: TeamRecord, moment: Moment, name: string): TeamRecord {
  const { record: _, host: __, elsewhere: ___, ...kept } = team;
  const ledger = readLedger(dir);
  const later = listApprovals(dir).filter(({ answered }) => answered !== null && !isBefore(moment, answered));
  const laterIds = later.map(({ id }) => id);
  const laterHosts = later.flatMap(({ kind, result }) => (kind === 'host' ? [result.host] : []));
  const now = new Date().toISOString();
  return {
    ...kept,
    ...{ v: TEAM_FORMAT, name, revision: 1, created: now, phase: 'running', ended: null, summary: null },
    grants: team.grants.filter(({ approval }) => approval === undefined || !laterIds.includes(approval)),
    allowHosts: team.allowHosts.filter((host) => !laterHosts.includes(host)),
    agents: team.agents
      .filter(({ role, added }) => role === 'lead' || isBefore(moment, added))
      .map((agent) => entryAt(agent, ledger, moment)),
    forkedFrom: {
      team: team.name,
      agent: moment.turn?.agent ?? null,
      turn: moment.turn?.number ?? null,
    },
  };
}

function entryAt(agent: RosterEntry, ledger: readonly LedgerRecord[], moment: Moment): RosterEntry {
  const last = lastIncarnation(ledger, agent.name);
  const end = ledger.find(
    ({ type, agent: whose, incarnation }) =>
      type === 'incarnation_ended' && whose === agent.name && incarnation === last,
  );
  const wasThere = agent.wanted === 'stopped' && end !== undefined && !isBefore(moment, end.at);
  return {
    ...agent,
    ...(wasThere ? { wanted: 'running', reason: '' } : {}),
    // When a plan was approved is written nowhere: from an earlier point it is asked for again.
    ...(agent.plan !== undefined && moment.turn !== null ? { plan: 'needed' } : {}),
  };
}
