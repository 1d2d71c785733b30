import { createTeam, type RosterEntry, type TeamRecord } from '../../src/team/team.ts';
import { temporaryFolder } from './temporary.ts';

const AT = '2026-01-01T00:00:00.000Z';

export const rosterEntry = (name: string): RosterEntry => ({
  name,
  role: name === 'lead' ? 'lead' : 'teammate',
  title: name === 'lead' ? 'lead' : 'teammate',
  prompt: '',
  model: 'a-model',
  wanted: 'running',
  reason: '',
  key: null,
  added: AT,
});

export const teamRecord = (over: Partial<TeamRecord> = {}): TeamRecord => ({
  v: 2,
  revision: 1,
  name: 'mine',
  job: 'Count.',
  created: AT,
  phase: 'running',
  ended: null,
  summary: null,
  sandbox: 'none',
  rehearsal: null,
  images: '/nowhere',
  grants: [],
  allowHosts: [],
  budgetUsd: null,
  maxTurns: 100,
  agents: ['lead', 'ada', 'ben'].map(rosterEntry),
  ...over,
});

/** The folder of a team that nobody runs. */
export async function teamFiles(over: Partial<TeamRecord> = {}): Promise<string> {
  return createTeam(await temporaryFolder(), teamRecord(over));
}
