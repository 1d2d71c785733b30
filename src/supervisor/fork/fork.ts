import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { openMailbox } from '../../mailbox/mailbox.ts';
import { CoworkError } from '../../protocol/errors.ts';
import { assertNewName } from '../../protocol/names.ts';
import { openTaskList } from '../../tasklist/tasklist.ts';
import { NEW_AGENT, writeAgentRecord } from '../../team/agent-record.ts';
import { raiseOpenRequests } from '../../team/approvals.ts';
import { mailIn, readConversation } from '../../team/conversation.ts';
import { appendLedger, lastIncarnation, readLedger } from '../../team/ledger.ts';
import { teamFolder, transcriptFile } from '../../team/paths.ts';
import { createTeam, type RosterEntry, readTeam, type TeamRecord } from '../../team/team.ts';
import { assertMachineCanRun } from '../can-run.ts';
import { ensureSupervisor } from '../ensure.ts';
import { assertModelConfigured } from '../launch.ts';
import { assertRemembers, deliverAgain } from '../resume.ts';
import { findMoment, isBefore, type Moment } from './moment.ts';
import { recordAt } from './record-at.ts';
import {
  takeFile,
  takeJournal,
  takeMail,
  takeMemory,
  takeTasks,
  takeUserMail,
  type Way,
  writeRecords,
} from './take.ts';

/** What a fork is made of. */
export interface ForkRequest {
  home: string;
  env: NodeJS.ProcessEnv;
  /** Name of the team that it begins as. */
  of: string;
  name: string;
  /** `TURN` or `AGENT:TURN`; undefined: as things are now. */
  from: string | undefined;
  /** Limits that are other than those of the old team. */
  limits?: Partial<Pick<TeamRecord, 'budgetUsd' | 'maxTurns' | 'maxTokens' | 'maxMinutes' | 'maxMessages'>>;
}

/**
 * Makes a new team that begins where another one was at the end of a turn, and starts it. The old one is only read, and may run on. Throws USAGE,
 * AGENT_UNKNOWN, TURN_UNKNOWN, FORK_REFUSED, TRANSCRIPT_MISSING, TEAM_TAKEN, and what `launchTeam` throws of models and machines. `notes` are for the user.
 */
export async function forkTeam(
  request: ForkRequest,
): Promise<{ name: string; dir: string; notes: string[] }> {
  const { home, env, name, limits = {} } = request;
  const from = teamFolder(home, request.of);
  const old = readTeam(from);
  assertNewName(name, 'team');
  assertCanFork(old);
  const moment = findMoment(from, old, request.from);
  const record = { ...recordAt(from, old, moment, name), ...limits };
  for (const agent of record.agents) assertRemembers(from, agent);
  await assertModelConfigured(record, env);
  if (record.sandbox === 'vm') await assertMachineCanRun(home, record);
  const dir = await layFork(home, from, record, moment);
  try {
    await ensureSupervisor(home, name);
  } catch (error) {
    await rm(dir, { recursive: true, force: true });
    throw error;
  }
  return { name, dir, notes: notesOn(old, record) };
}

/** Makes the files of a fork and starts nothing; they are there whole or not at all. */
export const layFork = (home: string, from: string, record: TeamRecord, moment: Moment): Promise<string> =>
  createTeam(home, record, (to) => fill({ from, to, moment }, record));

/** What a folder of files can't bring back to an earlier point is not half brought back. */
function assertCanFork({ name, store, grants }: TeamRecord): void {
  const refused = (why: string, hint: string) =>
    new CoworkError('FORK_REFUSED', `Team "${name}" ${why}.`, { hint });
  if (store !== undefined)
    throw refused(
      'has its mail and tasks on a server',
      'Only a team whose files are all on this host can be forked.',
    );
  const clone = grants.find(({ mode }) => mode === 'clone');
  if (clone !== undefined) {
    throw refused(
      `works on the repository ${clone.path}, whose branches would have to go back, too`,
      'Launch a new team from the commit that you want: `git checkout` it, then `cowork launch`.',
    );
  }
}

/** Fills the folder of the new team, which nobody sees yet. */
async function fill(way: Way, team: TeamRecord): Promise<void> {
  const { from, to, moment } = way;
  await takeTasks(way);
  await takeUserMail(way);
  for (const agent of team.agents) await takeAgent(way, agent);
  await takeJournal(way, 'approvals.jsonl');
  for (const { file } of await takeJournal(way, 'artifacts/artifacts.jsonl'))
    if (typeof file === 'string' && !file.includes('/')) await takeFile(way, join('artifacts', file));
  await takeFile(way, 'extensions.json');
  await takeMemory(way);
  await raiseOpenRequests(to);
  const ledger = readLedger(from);
  for (const { name } of team.agents) await endOldLives(to, name, lastIncarnation(ledger, name), team);
  await tellAgents(to, team, moment);
}

/** An agent with its conversation as it was; calls that were not answered then are told as cut when it is restored. */
async function takeAgent(way: Way, { name }: RosterEntry): Promise<void> {
  const { from, to, moment } = way;
  const all = readConversation(from, name);
  const own = moment.turn?.agent === name ? moment.turn.records : undefined;
  const behind = all.findIndex(({ at }) => !isBefore(moment, at));
  const said = all.slice(0, own ?? (behind === -1 ? all.length : behind));
  await writeRecords(transcriptFile(to, name), said);
  await takeMail(way, name, mailIn(said));
}

/** The lives that it had are over, here too: their claims are open, and the next one has a number of its own. */
async function endOldLives(
  to: string,
  agent: string,
  incarnation: number,
  { forkedFrom }: TeamRecord,
): Promise<void> {
  if (incarnation === 0) return;
  const reason = `went on in a fork of ${forkedFrom?.team}`;
  await openTaskList(to).releaseIncarnation({ agent, incarnation, reason });
  await appendLedger(to, { type: 'incarnation_planned', agent, incarnation });
  await appendLedger(to, { type: 'incarnation_ended', agent, incarnation, reason });
  await writeAgentRecord(to, agent, { ...NEW_AGENT, incarnation, reason });
}

async function tellAgents(to: string, { agents, forkedFrom }: TeamRecord, { turn }: Moment): Promise<void> {
  const point = turn === null ? 'as it was just now' : `as it was after turn ${turn.number} of ${turn.agent}`;
  const text = `The user has made this team from the team ${forkedFrom?.team}, ${point}. You remember what you had said and seen by then, and nothing later happened here. Files in granted folders are as they are now: the other team may have changed them after that point, and may still work there. Look before you rely on them.`;
  for (const { name, wanted } of agents) {
    if (wanted === 'stopped') continue;
    await deliverAgain(to, { name });
    await openMailbox(to).send({ from: 'team', to: name, kind: 'notice', text, incarnation: 0 });
  }
}

function notesOn(old: TeamRecord, { agents, grants }: TeamRecord): string[] {
  const left = old.agents
    .filter(({ name }) => !agents.some((agent) => agent.name === name))
    .map(({ name }) => name);
  const review = grants.filter(({ mode }) => mode === 'review').map(({ name }) => name);
  return [
    ...(old.phase === 'running'
      ? [`Team "${old.name}" goes on, too: both may write to the same folders.`]
      : []),
    ...(left.length > 0 ? [`Not there yet at that point: ${left.join(', ')}.`] : []),
    ...(review.length > 0
      ? [`Changes under review stay with team "${old.name}": ${review.join(', ')} begins as the folder is.`]
      : []),
    ...(old.record === undefined ? [] : ['The new team is not recorded.']),
  ];
}
