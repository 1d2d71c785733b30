import { hostname } from 'node:os';
import { CoworkError } from '../protocol/errors.ts';
import { loadIds } from '../store/ids.ts';
import { openServerBackend } from '../store/open-backend.ts';
import { openSharedTeam, type SharedTeam, type SharedTeamLog } from '../team/shared-team.ts';
import type { TeamRecord } from '../team/team.ts';
import { sharedAgents } from './sharing.ts';

/** What a home that joins a team learns of it. */
export type JoinedTeam = Pick<TeamRecord, 'job' | 'host' | 'elsewhere' | 'requires'>;

/**
 * Reads what a home must know before it joins the team `name` on `server`. Throws TEAM_UNKNOWN, TEAM_ENDED, AGENT_TAKEN,
 * JOIN_REFUSED, STORE_UNREACHABLE.
 */
export async function readJoinable(
  server: string,
  name: string,
  teammates: readonly string[],
): Promise<JoinedTeam> {
  const backend = openServerBackend(server, name);
  try {
    const shared = await openSharedTeam(backend).read();
    const { founded, hosts } = shared;
    if (founded === null) {
      throw new CoworkError('TEAM_UNKNOWN', `There is no team "${name}" on ${server}.`, {
        hint: 'Launch it on one host first, without --join.',
      });
    }
    if (shared.phase !== 'running') throw new CoworkError('TEAM_ENDED', `Team "${name}" is ${shared.phase}.`);
    if (founded.requirePlan) {
      throw new CoworkError(
        'JOIN_REFUSED',
        `Team "${name}" asks for plans, and its lead can approve them on its own host only.`,
      );
    }
    assertFree(shared, teammates);
    const elsewhere = [...hosts].flatMap(([id, { label, agents }]) =>
      agents.map((agent) => ({ ...agent, host: { id, label } })),
    );
    const requires = founded.requires.length === 0 ? {} : { requires: founded.requires };
    const labels = [...hosts.values()].map(({ label }) => label);
    return { job: founded.job, elsewhere, host: await newHost(labels), ...requires };
  } finally {
    await backend.close();
  }
}

function assertFree({ holders }: SharedTeam, names: readonly string[]): void {
  const taken = names.find((each) => holders.has(each));
  if (taken !== undefined) throw new CoworkError('AGENT_TAKEN', `Another host has an agent "${taken}".`);
}

/** An id and a name that no other host of the team has. */
export async function newHost(labels: readonly string[] = []): Promise<NonNullable<TeamRecord['host']>> {
  const base = hostname();
  let label = base;
  for (let i = 2; labels.includes(label); i++) label = `${base}-${i}`;
  return { id: (await loadIds())(), label };
}

/** Tells the server of a new team. The order decides: of two of one name the second is refused. Throws TEAM_TAKEN. */
export async function foundTeam(log: SharedTeamLog, team: TeamRecord): Promise<void> {
  const { host, name, job, requires = [], requirePlan = false } = team;
  if (host === undefined) return;
  const { founded } = await log.publish({ type: 'founded', host: host.id, job, requires, requirePlan });
  if (founded?.host !== host.id) {
    throw new CoworkError('TEAM_TAKEN', `There is a team "${name}" on ${team.store} already.`, {
      hint: 'Take another name with --team, or join it with --join.',
    });
  }
  await log.publish({ type: 'host', host: host.id, label: host.label, agents: sharedAgents(team) });
}

/** Tells the server of this home's agents. The order decides who has a name. Throws AGENT_TAKEN. */
export async function joinTeam(log: SharedTeamLog, team: TeamRecord): Promise<void> {
  const { host } = team;
  if (host === undefined) return;
  const { holders } = await log.publish({
    ...{ type: 'host', host: host.id, label: host.label },
    agents: sharedAgents(team),
  });
  const taken = team.agents.find(({ name }) => holders.get(name) !== host.id);
  if (taken === undefined) return;
  await leaveTeam(log, team);
  throw new CoworkError('AGENT_TAKEN', `Another host has an agent "${taken.name}".`);
}

/** Says that none of this home's agents runs. */
export async function leaveTeam(log: SharedTeamLog, team: TeamRecord): Promise<void> {
  const { host } = team;
  if (host === undefined) return;
  const agents = sharedAgents({ ...team, phase: 'stopped' });
  await log.publish({ type: 'host', host: host.id, label: host.label, agents });
}
