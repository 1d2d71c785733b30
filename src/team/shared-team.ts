import type { TaskNeed } from '../protocol/task.ts';
import type { Role } from '../protocol/team.ts';
import type { Backend } from '../store/backend.ts';
import { loadIds } from '../store/ids.ts';
import { isText, type JsonRecord, type Parsed, RECORD_VERSION, type RecordHead } from '../store/record.ts';

/** Where hosts that share a team keep what they must know of each other. */
const LOG = 'team/roster.jsonl';

/** An agent as the other hosts know it. */
export interface SharedAgent {
  name: string;
  role: Role;
  title: string;
  wanted: 'running' | 'stopped';
  reason: string;
}

/** The host `host` founds the team; of several the first counts. */
interface FoundedRecord extends RecordHead {
  type: 'founded';
  host: string;
  job: string;
  requires: TaskNeed[];
  requirePlan: boolean;
}

/** All agents of a host as they are now, with the name of the host for people. */
interface HostRecord extends RecordHead {
  type: 'host';
  host: string;
  label: string;
  agents: SharedAgent[];
}

/** The team's phase; only its founder's counts. */
interface PhaseRecord extends RecordHead {
  type: 'phase';
  host: string;
  phase: TeamPhase;
  summary: string | null;
}

/** An agent is asked to be stopped, wherever it is. */
interface StopRecord extends RecordHead {
  type: 'stop';
  agent: string;
  reason: string;
}

export type TeamPhase = 'running' | 'done' | 'failed' | 'stopped';
type SharedRecord = FoundedRecord | HostRecord | PhaseRecord | StopRecord;
type Body<R extends SharedRecord = SharedRecord> = R extends SharedRecord
  ? Omit<R, Exclude<keyof RecordHead, 'type'>>
  : never;

/** What the records come to. */
export interface SharedTeam {
  founded: Pick<FoundedRecord, 'host' | 'job' | 'requires' | 'requirePlan'> | null;
  phase: TeamPhase;
  summary: string | null;
  hosts: Map<string, { label: string; agents: SharedAgent[] }>;
  /** Which host has the name of an agent: the first that named it. */
  holders: Map<string, string>;
  stops: Map<string, string>;
}

/** The part of a team that its hosts share: a log like any other, in which the order decides who has a name. */
export interface SharedTeamLog {
  read(): Promise<SharedTeam>;
  /** Writes, and gives what all comes to with it. */
  publish(body: Body): Promise<SharedTeam>;
}

export function openSharedTeam(backend: Backend): SharedTeamLog {
  const log = backend.log(LOG, parseShared);
  let shared = emptyTeam();
  const absorb = ({ records, isReset }: { records: SharedRecord[]; isReset: boolean }): SharedTeam => {
    if (isReset) shared = emptyTeam();
    for (const record of records) fold(shared, record);
    return shared;
  };
  return {
    read: async () => absorb(await log.read()),
    publish: async (body) => {
      const id = (await loadIds())();
      const head = {
        v: RECORD_VERSION,
        id,
        by: 'team',
        incarnation: 0,
        at: new Date().toISOString(),
      } as const;
      const tail = await log.claim({ ...head, ...body } as SharedRecord); // head and body make a record
      await log.sync();
      return absorb(tail);
    },
  };
}

const emptyTeam = (): SharedTeam => ({
  ...{ founded: null, phase: 'running', summary: null },
  ...{ hosts: new Map(), holders: new Map(), stops: new Map() },
});

function fold(shared: SharedTeam, record: SharedRecord): void {
  switch (record.type) {
    case 'founded':
      shared.founded ??= record;
      return;
    case 'host': {
      const { host, label, agents } = record;
      for (const { name } of agents) if (!shared.holders.has(name)) shared.holders.set(name, host);
      const own = agents.filter(({ name }) => shared.holders.get(name) === host);
      shared.hosts.set(host, { label, agents: own });
      return;
    }
    case 'phase':
      if (record.host !== shared.founded?.host) return;
      shared.phase = record.phase;
      shared.summary = record.summary;
      return;
    case 'stop':
      shared.stops.set(record.agent, record.reason);
  }
}

/** Checks a record that another host may have written. */
function parseShared(record: JsonRecord): Parsed<SharedRecord> {
  const { type, host } = record;
  const isWhole =
    (type === 'founded' && isText(host) && isText(record.job) && isNeeds(record.requires)) ||
    (type === 'host' && isText(host) && isText(record.label) && isAgents(record.agents)) ||
    (type === 'phase' &&
      isText(host) &&
      ['running', 'done', 'failed', 'stopped'].includes(String(record.phase))) ||
    (type === 'stop' && isText(record.agent) && isText(record.reason));
  return isWhole
    ? { record: record as JsonRecord & SharedRecord }
    : { malformed: `not of a shared team: ${type}` };
}

const isNeeds = (value: unknown): boolean =>
  Array.isArray(value) && value.every((need) => need === 'evidence' || need === 'review');

function isAgents(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.every(
      (agent: Partial<SharedAgent> | null) =>
        agent !== null &&
        typeof agent === 'object' &&
        [agent.name, agent.title, agent.reason].every(isText) &&
        (agent.role === 'lead' || agent.role === 'teammate') &&
        (agent.wanted === 'running' || agent.wanted === 'stopped'),
    )
  );
}
