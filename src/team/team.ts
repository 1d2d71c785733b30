import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CoworkError } from '../protocol/errors.ts';
import type { ImageName } from '../protocol/images.ts';
import type { Limits } from '../protocol/limits.ts';
import { assertNewName, isName, nearestName } from '../protocol/names.ts';
import type { TaskNeed } from '../protocol/task.ts';
import type { Color, GrantMode, ReplySettings, Role, Sandbox } from '../protocol/team.ts';
import { ensureFolder, errorCode, FOLDER_MODE, makeFolder, syncFolder, syncTree } from '../store/folders.ts';
import { withLock } from '../store/lock.ts';
import { replaceFile } from '../store/replace-file.ts';
import { teamFile, teamFolder, teamsFolder } from './paths.ts';

/** A folder of the host that the team may use. */
export interface TeamGrant {
  /** Its name under /grants. */
  name: string;
  /** Absolute path on the host. */
  path: string;
  mode: GrantMode;
  /** Id of the request by which it came, when it was not there from the start. */
  approval?: string;
  /** Of mode `clone`: the user's repository as it was at the launch. */
  repository?: {
    /** Its git folder; absolute path. */
    gitDir: string;
    /** The commit that the team began at. */
    base: string;
    /** The branch that was checked out; null when there was none. */
    branch: string | null;
    /** The branch that gets the result. */
    result: string;
  };
}

/** An agent as the roster knows it: what was asked for, not what is. */
export interface RosterEntry {
  name: string;
  role: Role;
  /** What it is in the team, in a few words of the user or the lead. */
  title: string;
  prompt: string;
  model: string;
  wanted: 'running' | 'stopped';
  /** Why it is wanted stopped. */
  reason: string;
  /** Idempotency key of the spawn. */
  key: string | null;
  added: string;
  /** Most that it may cost; null when only the team's budget counts. */
  budgetUsd?: number | null;
  /** With which tools it may act (`protocol/permits.ts`); without a list, with all. Settled when it is added. */
  tools?: readonly string[];
  /** What is asked of its model's replies, where that is not the team's. */
  replies?: ReplySettings;
  /** Skills that it knows from its start. */
  skills?: readonly string[];
  /** In which people are shown it. */
  color?: Color;
  /** How far its plan is, when it needs one before it changes anything. */
  plan?: 'needed' | 'submitted' | 'approved';
  /** Of the lead: somebody else is to be it. Until that is settled nobody is. */
  succession?: { id: string; from: string | null };
}

/** What a team is and what is wanted of it: `team.json`. Changed only through `updateTeam`. */
export interface TeamRecord {
  /** Format of the team's files; see `supervisor/upgrade/`. */
  v: 1 | 2;
  /** Rises by one with each change. */
  revision: number;
  name: string;
  job: string;
  created: string;
  /** `ended` is set with every phase but `running`. */
  phase: 'running' | 'done' | 'failed' | 'stopped';
  ended: string | null;
  summary: string | null;
  sandbox: Sandbox;
  /** Absolute path of the script that plays the models, if one does. */
  rehearsal: string | null;
  /** Absolute path of the file to which model traffic is recorded. */
  record?: string;
  /** Images folder on this host. */
  images: string;
  /** Which of them its machines have; without it `plain`. */
  image?: ImageName;
  grants: TeamGrant[];
  /** The folder that the job is about: what is remembered of it is known to the team. Absolute. */
  project?: string;
  /** What the project says to all agents, as it was at the launch. */
  instructions?: string;
  allowHosts: string[];
  /** Most that all agents together may cost. */
  budgetUsd: number | null;
  /** Most replies of the model per agent, over all its lives. */
  maxTurns: number;
  /** Most tokens of all agents, in and out; most minutes since the launch; most messages that agents send. */
  maxTokens?: number | null;
  maxMinutes?: number | null;
  maxMessages?: number | null;
  /** Whether teammates change nothing before their plan is approved. */
  requirePlan?: boolean;
  /** The command by which each push to a repository is checked. */
  check?: string;
  /** Its longest time, in minutes; 30 when not said. */
  checkMinutes?: number;
  /** What is asked of the models' replies. */
  replies?: ReplySettings;
  /** Of each agent, where they are not the defaults of `protocol/limits.ts`. */
  limits?: Partial<Limits>;
  agents: RosterEntry[];
  /** What every task of the team asks for before it counts as completed; teams made before this have none. */
  requires?: TaskNeed[];
  /** Server that keeps mail and tasks, `nats://HOST:PORT`; without it they are files in this folder. */
  store?: string;
  /** Of a team on a server: this home's id among those that share it, and its name for people. */
  host?: { id: string; label: string };
  /** Agents on other hosts, as the server says; the supervisor keeps it up. */
  elsewhere?: RemoteAgent[];
  /** Which team it began as, at which turn of which agent; null: as that was when it was forked. */
  forkedFrom?: { team: string; agent: string | null; turn: number | null };
}

/** An agent on another host of a team that several share. */
export interface RemoteAgent extends Pick<RosterEntry, 'name' | 'role' | 'title' | 'wanted' | 'reason'> {
  host: { id: string; label: string };
}

/** Makes the folder of a new team, with what `fill` puts there; it appears whole or not at all. Throws TEAM_TAKEN, NAME_INVALID. */
export async function createTeam(
  home: string,
  record: TeamRecord,
  fill: (draft: string) => Promise<void> = async () => {},
): Promise<string> {
  assertNewName(record.name, 'team');
  const dir = teamFolder(home, record.name);
  makeFolder(teamsFolder(home));
  const draft = join(teamsFolder(home), `.${record.name}.${randomUUID()}.new`);
  await mkdir(draft, { mode: FOLDER_MODE });
  try {
    const agents = record.agents.map(({ name }) => join('agents', name));
    for (const folder of ['mailbox', 'tasks', 'agents', 'artifacts', 'checkpoints', ...agents])
      ensureFolder(join(draft, folder));
    await replaceFile(teamFile(draft), serialise(record));
    await fill(draft);
    syncTree(draft);
    await rename(draft, dir);
    syncFolder(teamsFolder(home));
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    if (['ENOTEMPTY', 'EEXIST'].includes(errorCode(error) ?? '')) {
      throw new CoworkError('TEAM_TAKEN', `There is a team "${record.name}" already.`, { cause: error });
    }
    throw error;
  }
  return dir;
}

/** The format of the teams that are made now, and the newest that is known here. */
export const TEAM_FORMAT = 2;

/** Reads `team.json`. Throws TEAM_UNKNOWN when there is none, TEAM_NEWER when a newer cowork has written it. */
export function readTeam(dir: string): TeamRecord {
  try {
    const record: unknown = JSON.parse(readFileSync(teamFile(dir), 'utf8'));
    refuseNewer(dir, record);
    if (!looksLikeTeam(record)) throw new Error('it is no record of a team');
    return record;
  } catch (error) {
    if (error instanceof CoworkError) throw error;
    if (['ENOENT', 'ENOTDIR'].includes(errorCode(error) ?? '')) {
      throw new CoworkError('TEAM_UNKNOWN', `There is no team in ${dir}.`, { cause: error });
    }
    const why = error instanceof Error ? error.message : String(error);
    throw new CoworkError('TEAM_UNREADABLE', `${teamFile(dir)} can't be read: ${why}.`, { cause: error });
  }
}

/** What a newer cowork has written may mean something else: nothing is read of it, and so nothing of it is changed. */
function refuseNewer(dir: string, record: unknown): void {
  const { v } = (record ?? {}) as { v?: unknown }; // looked at, whatever it is
  if (typeof v !== 'number' || v <= TEAM_FORMAT) return;
  const text = `The team in ${dir} has format ${v}; this cowork knows formats up to ${TEAM_FORMAT}.`;
  throw new CoworkError('TEAM_NEWER', text);
}

/** Written by `serialise` below, the file is 0600 and ours: enough to see that nobody has put something else there. */
function looksLikeTeam(record: unknown): record is TeamRecord {
  const { name, created, phase, agents } = (record ?? {}) as Partial<TeamRecord>; // each is checked
  return [name, created, phase].every((field) => typeof field === 'string') && Array.isArray(agents);
}

/**
 * Changes `team.json` under its lock. `change` gets the current record and returns the new one, or undefined to leave
 * it; the revision is counted here. Returns the record that stands afterwards.
 */
export async function updateTeam(
  dir: string,
  change: (record: TeamRecord) => TeamRecord | undefined,
): Promise<TeamRecord> {
  return withLock(teamFile(dir), async (lock) => {
    const current = readTeam(dir);
    const changed = change(current);
    if (changed === undefined) return current;
    const next = { ...changed, revision: current.revision + 1 };
    lock.assertHeld();
    await replaceFile(teamFile(dir), serialise(next));
    return next;
  });
}

/** Ends the team in `phase`, unless it has ended already. */
export function endTeam(
  dir: string,
  phase: 'done' | 'failed' | 'stopped',
  summary: string,
): Promise<TeamRecord> {
  return updateTeam(dir, (team) =>
    team.phase === 'running' ? { ...team, phase, summary, ended: new Date().toISOString() } : undefined,
  );
}

/** Names of all teams in a home, without a look at them. */
export function teamNames(home: string): string[] {
  try {
    return readdirSync(teamsFolder(home)).filter(isName);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
}

/** Names of all teams, the newest last. One whose record can't be read is among them, before the others: it stops nobody else. */
export function listTeams(home: string): string[] {
  const teams = teamNames(home).flatMap((name) => {
    try {
      return [{ name, created: readTeam(teamFolder(home, name)).created }];
    } catch (error) {
      if (error instanceof CoworkError && error.code === 'TEAM_UNKNOWN') return []; // being made or removed
      if (error instanceof CoworkError && error.code === 'TEAM_UNREADABLE') return [{ name, created: '' }];
      throw error;
    }
  });
  return teams.sort((a, b) => a.created.localeCompare(b.created)).map(({ name }) => name);
}

/**
 * Finds the team that a command means: by name, else the only running one, else the latest one.
 * Throws TEAM_UNKNOWN with the nearest name.
 */
export function findTeam(home: string, name?: string): string {
  const names = listTeams(home);
  if (name !== undefined) {
    if (names.includes(name)) return teamFolder(home, name);
    const nearest = nearestName(name, names);
    const hint = nearest === undefined ? 'See `cowork teams`.' : `Did you mean ${nearest}?`;
    throw new CoworkError('TEAM_UNKNOWN', `There is no team "${name}".`, { hint });
  }
  const running = names.filter((team) => isRunning(teamFolder(home, team)));
  const chosen = running.length === 1 ? running[0] : names.at(-1);
  if (chosen === undefined) {
    throw new CoworkError('TEAM_UNKNOWN', 'There is no team yet.', {
      hint: 'Start one with `cowork launch`.',
    });
  }
  return teamFolder(home, chosen);
}

function isRunning(dir: string): boolean {
  try {
    return readTeam(dir).phase === 'running';
  } catch (error) {
    if (error instanceof CoworkError) return false; // removed since, or not readable
    throw error;
  }
}

/** The roster's entry of an agent of this host. Throws AGENT_ELSEWHERE; AGENT_UNKNOWN with the nearest name. */
export function findAgent(team: TeamRecord, name: string): RosterEntry {
  const found = findMember(team, name);
  if (!('host' in found)) return found;
  throw new CoworkError('AGENT_ELSEWHERE', `${name} runs on another host, ${found.host.label}.`);
}

/** An agent of the team, wherever it runs. Throws AGENT_UNKNOWN with the nearest name. */
export function findMember(team: TeamRecord, name: string): RosterEntry | RemoteAgent {
  const all = membersOf(team);
  const found = all.find((agent) => agent.name === name);
  if (found !== undefined) return found;
  const names = all.map((agent) => agent.name);
  const nearest = nearestName(name, names);
  const hint = nearest === undefined ? `The agents are ${names.join(', ')}.` : `Did you mean ${nearest}?`;
  throw new CoworkError('AGENT_UNKNOWN', `There is no agent "${name}" in team "${team.name}".`, { hint });
}

/** What is asked of the replies of one agent's model. */
export const repliesOf = (team: TeamRecord, agent: RosterEntry): ReplySettings => ({
  ...team.replies,
  ...agent.replies,
});

/** All agents of a team, the lead first, those of other hosts last. */
export function membersOf(team: TeamRecord): (RosterEntry | RemoteAgent)[] {
  return [...team.agents, ...(team.elsewhere ?? [])];
}

const serialise = (record: TeamRecord): string => `${JSON.stringify(record, null, 2)}\n`;
