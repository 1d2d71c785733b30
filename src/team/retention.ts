import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { CoworkError } from '../protocol/errors.ts';
import { roleHolder } from '../store/role.ts';
import { keeperRoleFile, supervisorRoleFile, teamFolder } from './paths.ts';
import { listTeams, readTeam } from './team.ts';
import { listTeamFiles, type SizeKind, type TeamFile } from './team-sizes.ts';

/** What may go of teams that have ended. */
export interface Rule {
  /** What is older than so many days. */
  days?: number | undefined;
  /** The oldest, until all of it together is not over so many MiB. */
  megabytes?: number | undefined;
  /** Whether transcripts go by age, too: without one an agent can't go on. By age only, and never by a setting. */
  withTranscripts?: boolean;
}

/** A file that goes, with its team. */
export type Goes = TeamFile & { team: string };

const KINDS: readonly SizeKind[] = ['recordings', 'logs'];

/** What a rule takes of the teams of a home that have ended and of which nothing runs; changes nothing. */
export function whatGoes(home: string, rule: Rule, now = Date.now()): Goes[] {
  const files = endedTeams(home).flatMap((team) =>
    listTeamFiles(teamFolder(home, team)).map((file): Goes => ({ ...file, team })),
  );
  const isOld = ({ written }: Goes): boolean =>
    rule.days !== undefined && written < now - rule.days * 24 * 3600 * 1000;
  const kept = files.filter(({ kind, bytes }) => KINDS.includes(kind) && bytes > 0);
  const old = kept.filter(isOld);
  const oldTranscripts =
    rule.withTranscripts === true ? files.filter((file) => file.kind === 'transcripts' && isOld(file)) : [];
  return [
    ...old,
    ...over(
      kept.filter((file) => !old.includes(file)),
      rule.megabytes,
    ),
    ...oldTranscripts,
  ];
}

/** The oldest files, as many as it takes until the rest has room. */
function over(files: readonly Goes[], megabytes: number | undefined): Goes[] {
  if (megabytes === undefined) return [];
  let excess = files.reduce((sum, { bytes }) => sum + bytes, 0) - megabytes * 1024 * 1024;
  const oldest = files.toSorted((a, b) => a.written - b.written);
  return oldest.filter(({ bytes }) => {
    if (excess <= 0) return false;
    excess -= bytes;
    return true;
  });
}

/** Removes these files, unless their team has been brought back since. */
export function removeFiles(home: string, goes: readonly Goes[]): Goes[] {
  const ended = new Set(endedTeams(home));
  const gone = goes.filter(({ team }) => ended.has(team));
  for (const { team, path } of gone) rmSync(join(teamFolder(home, team), path), { force: true });
  return gone;
}

function endedTeams(home: string): string[] {
  return listTeams(home).filter((name) => {
    const dir = teamFolder(home, name);
    try {
      return isAtRest(dir);
    } catch (error) {
      if (error instanceof CoworkError) return false; // removed just now, or not readable: nothing of it is touched
      throw error;
    }
  });
}

/** Whether a team has ended and none of its processes lives. Throws TEAM_UNKNOWN, TEAM_UNREADABLE. */
export function isAtRest(dir: string): boolean {
  const { phase, agents } = readTeam(dir);
  const roles = [supervisorRoleFile(dir), ...agents.map(({ name }) => keeperRoleFile(dir, name))];
  return phase !== 'running' && roles.every((role) => roleHolder(role) === undefined);
}
