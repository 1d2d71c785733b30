import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { openMailbox } from '../mailbox/mailbox.ts';
import { CoworkError } from '../protocol/errors.ts';
import { openBackend } from '../store/open-backend.ts';
import { roleHolder } from '../store/role.ts';
import { readAgentRecord, writeAgentRecord } from '../team/agent-record.ts';
import { closeAlert } from '../team/alerts.ts';
import { GONE_MS } from '../team/ladder.ts';
import { supervisorRoleFile, teamFolder, transcriptFile } from '../team/paths.ts';
import { openSharedTeam } from '../team/shared-team.ts';
import { type RosterEntry, readTeam, type TeamRecord, updateTeam } from '../team/team.ts';
import { assertMachineCanRun } from './can-run.ts';
import { ensureSupervisor } from './ensure.ts';
import { assertModelConfigured } from './launch.ts';
import { type Upgrade, upgradeTeam } from './upgrade/upgrade.ts';

/**
 * Brings a team back that was stopped, has failed or lost its processes: every agent that was not stopped by name gets a
 * new incarnation, which goes on from its transcript. In a team that runs, those that have failed may try again. Says whether it was of an earlier format. Throws what `launchTeam` throws, TRANSCRIPT_MISSING, STOP_TIMEOUT.
 */
export async function resumeTeam(of: {
  home: string;
  env: NodeJS.ProcessEnv;
  name: string;
}): Promise<Upgrade | undefined> {
  const { home, env, name } = of;
  const dir = teamFolder(home, name);
  const team = readTeam(dir);
  const wanted = team.agents.filter((agent) => agent.wanted === 'running');
  await assertModelConfigured(team, env);
  if (team.sandbox === 'vm') await assertMachineCanRun(home, team);
  for (const agent of wanted) assertRemembers(dir, agent);
  if (team.phase !== 'running') {
    await assertNotEnded(dir, team);
    await supervisorGone(dir, name);
  }
  const upgrade = await upgradeTeam(dir);
  if (team.phase !== 'running') {
    for (const agent of wanted) {
      await forgetEnd(dir, agent);
      await deliverAgain(dir, agent);
    }
    await updateTeam(dir, (now) => ({ ...now, phase: 'running', ended: null, summary: null }));
    if (team.agents[0]?.role === 'lead') await tellLead(dir, team);
  } else {
    for (const agent of wanted.filter(({ name: each }) => readAgentRecord(dir, each).state === 'failed')) {
      await forgetEnd(dir, agent);
      await deliverAgain(dir, agent);
    }
  }
  await ensureSupervisor(home, name);
  return upgrade;
}

/** Refuses to start an agent afresh that had a conversation. */
export function assertRemembers(dir: string, { name }: RosterEntry): void {
  const { tokens } = readAgentRecord(dir, name);
  const hasSpoken = tokens.input + tokens.cacheRead + tokens.cacheWrite + tokens.output > 0;
  if (!hasSpoken || existsSync(transcriptFile(dir, name))) return;
  throw new CoworkError(
    'TRANSCRIPT_MISSING',
    `${name} has worked, and its transcript ${transcriptFile(dir, name)} is not there: it would begin afresh.`,
  );
}

/** The supervisor of a team that has ended goes by itself; one that began to leave must not be taken for a new one. */
async function supervisorGone(dir: string, name: string): Promise<void> {
  const deadline = performance.now() + GONE_MS;
  while (roleHolder(supervisorRoleFile(dir)) !== undefined) {
    if (performance.now() > deadline) {
      throw new CoworkError('STOP_TIMEOUT', `Team "${name}" has not ended after ${GONE_MS / 1000} s.`);
    }
    await delay(50);
  }
}

/** An agent that had failed for good may try again. */
async function forgetEnd(dir: string, { name }: RosterEntry): Promise<void> {
  const record = readAgentRecord(dir, name);
  await writeAgentRecord(dir, name, { ...record, state: 'starting', reason: 'resumed by the user' });
  await closeAlert(dir, name, 'failed');
}

/** What was written to it while it could not read waits for it again. */
export async function deliverAgain(dir: string, { name }: Pick<RosterEntry, 'name'>): Promise<void> {
  const mailbox = openMailbox(dir);
  const isWaiting = (await mailbox.log({ agent: name })).some(({ state }) => state === 'undeliverable');
  if (isWaiting) await mailbox.markDeliverable({ agent: name });
}

/** A team that was joined is resumed where it was launched; its teammates here may come back while it runs. */
async function assertNotEnded(dir: string, { name, host, agents }: TeamRecord): Promise<void> {
  if (host === undefined || agents[0]?.role === 'lead') return;
  const { phase } = await openSharedTeam(openBackend(dir)).read();
  if (phase === 'running') return;
  throw new CoworkError('TEAM_ENDED', `Team "${name}" is ${phase}.`, {
    hint: 'Resume it on the host that launched it first.',
  });
}

async function tellLead(dir: string, { phase, summary }: TeamRecord): Promise<void> {
  const why = summary === null ? '' : ` (${summary})`;
  await openMailbox(dir).send({
    ...{ from: 'team', to: 'lead', kind: 'notice', incarnation: 0 },
    text: `The user has resumed the team. It was ${phase}${why}.`,
  });
}
