import { findProject } from '../../memory/memory.ts';
import { CoworkError } from '../../protocol/errors.ts';
import { nearestName } from '../../protocol/names.ts';
import { teamFolder } from '../../team/paths.ts';
import { changeProjectRecord, type ProjectRecord, readProjectRecord } from '../../team/project-record.ts';
import { listTeams, readTeam } from '../../team/team.ts';
import { plainText } from '../../text/plain.ts';
import type { CommandModule } from '../command.ts';

const ACTIONS = ['show', 'forget'];

export const run: CommandModule['run'] = async ({ action = 'show', json }, { home, stdout }) => {
  const path = findProject(home, process.cwd());
  if (path === null)
    throw new CoworkError('PROJECT_UNKNOWN', `There is no project at or above ${process.cwd()}.`);
  if (action === 'forget')
    await changeProjectRecord(home, path, (record) => ({ ...record, agreed: null, hosts: [], folders: [] }));
  else if (action !== 'show') throw unknownAction(String(action));
  const { hosts, folders } = readProjectRecord(home, path);
  const shown = { path, hosts, folders, teams: teamsOf(home, path) };
  stdout.write(json ? `${JSON.stringify(shown)}\n` : render(shown));
};

function unknownAction(action: string): CoworkError {
  const nearest = nearestName(action, ACTIONS);
  return new CoworkError('USAGE', `cowork project can't ${action}.`, {
    hint: nearest === undefined ? `It can ${ACTIONS.join(' and ')}.` : `Did you mean ${nearest}?`,
  });
}

/** Names of the teams that belong to a project, the newest last. */
function teamsOf(home: string, path: string): string[] {
  return listTeams(home).filter((name) => {
    try {
      return readTeam(teamFolder(home, name)).project === path;
    } catch (error) {
      if (error instanceof CoworkError) return false; // removed just now, or not readable, which `teams` tells
      throw error;
    }
  });
}

function render(of: Pick<ProjectRecord, 'path' | 'hosts' | 'folders'> & { teams: string[] }): string {
  const allowed = [
    ...of.hosts.map(({ host, ...by }) => [host, by] as const),
    ...of.folders.map(({ path, mode, ...by }) => [`${path} (${mode})`, by] as const),
  ].map(
    ([what, { team, request, who, at }]) =>
      `  ${what}  by ${request} of ${team}, ${who} ${at.slice(0, 10)}\n`,
  );
  return plainText(
    [
      `${of.path}\n`,
      `Always allowed: ${allowed.length === 0 ? 'nothing' : ''}\n`,
      ...allowed,
      `Teams: ${of.teams.join(', ') || 'none'}\n`,
    ].join(''),
    { lines: true },
  );
}
