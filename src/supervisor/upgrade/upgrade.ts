import { existsSync } from 'node:fs';
import { copyFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ensureFolder, makeFolder, syncFile, syncFolder } from '../../store/folders.ts';
import { roleHolder } from '../../store/role.ts';
import { inTurn } from '../../store/turn.ts';
import { backupFolder, keeperRoleFile, supervisorRoleFile } from '../../team/paths.ts';
import { readTeam, TEAM_FORMAT, type TeamRecord, updateTeam } from '../../team/team.ts';
import { countLives } from './count-lives.ts';
import type { Step } from './step.ts';

/** One for each format that there was, the oldest first. */
const STEPS: readonly Step[] = [countLives];

/** What was done to a team. */
export interface Upgrade {
  from: number;
  to: number;
  /** Where the files are as they were. */
  backup: string;
}

/**
 * Brings a team of an earlier format to today's, before anything of it runs again; undefined when there was nothing to do, or something of it runs. First
 * the files that change are copied aside, whole or not at all; `team.json`, which names the format, is changed last. So whoever is killed in between is
 * followed by one that begins again, with the same copies.
 */
export async function upgradeTeam(dir: string): Promise<Upgrade | undefined> {
  if (readTeam(dir).v === TEAM_FORMAT) return undefined;
  const backups = dirname(backupFolder(dir, 1));
  ensureFolder(backups);
  // Not under the lock of team.json, which only a supervisor takes from one that died: there is none yet.
  return inTurn(join(backups, 'turns.jsonl'), 'team', async () => {
    const team = readTeam(dir);
    if (team.v === TEAM_FORMAT || isUp(dir, team)) return undefined;
    const steps = STEPS.filter(({ from }) => from >= team.v);
    const backup = backupFolder(dir, team.v);
    await keepAside(dir, backup, ['team.json', ...steps.flatMap((step) => step.changes(team))]);
    for (const step of steps) await step.apply(dir, team);
    await updateTeam(dir, (now) => ({ ...now, v: TEAM_FORMAT }));
    return { from: team.v, to: TEAM_FORMAT, backup };
  });
}

/** Processes of the version before may still write what would be changed. */
function isUp(dir: string, { agents }: TeamRecord): boolean {
  const roles = [supervisorRoleFile(dir), ...agents.map(({ name }) => keeperRoleFile(dir, name))];
  return roles.some((role) => roleHolder(role) !== undefined);
}

async function keepAside(dir: string, backup: string, files: readonly string[]): Promise<void> {
  if (existsSync(backup)) return; // an earlier try made it, before it changed anything
  const draft = `${backup}.new`;
  await rm(draft, { recursive: true, force: true });
  for (const file of new Set(files)) {
    if (!existsSync(join(dir, file))) continue;
    const copy = join(draft, file);
    makeFolder(dirname(copy));
    await copyFile(join(dir, file), copy);
    await syncFile(copy);
    syncFolder(dirname(copy));
  }
  await rename(draft, backup);
  syncFolder(dirname(backup));
}
