import { findProject } from '../../memory/memory.ts';
import { CoworkError } from '../../protocol/errors.ts';
import { nearestName } from '../../protocol/names.ts';
import { teamFolder } from '../../team/paths.ts';
import { type ProjectFolder, readProjectFolder } from '../../team/project-folder.ts';
import { changeProjectRecord, type ProjectRecord, readProjectRecord } from '../../team/project-record.ts';
import { listTeams, readTeam } from '../../team/team.ts';
import { plainText } from '../../text/plain.ts';
import type { CommandModule } from '../command.ts';
import { agreeTo, describeFolder } from '../project-defaults.ts';

const ACTIONS = ['show', 'allow', 'forget'];

export const run: CommandModule['run'] = async ({ action = 'show', checksum, json }, { home, stdout }) => {
  const path = findProject(home, process.cwd());
  if (path === null)
    throw new CoworkError('PROJECT_UNKNOWN', `There is no project at or above ${process.cwd()}.`);
  if (action === 'forget')
    await changeProjectRecord(home, path, (record) => ({ ...record, agreed: null, hosts: [], folders: [] }));
  else if (action === 'allow') await allow(home, path, checksum);
  else if (action !== 'show') throw unknownAction(String(action));
  const { agreed, hosts, folders } = readProjectRecord(home, path);
  const brings = readProjectFolder(home, path) ?? null;
  const isAgreed = brings !== null && agreed?.checksum === brings.checksum;
  const shown = { path, brings, isAgreed, hosts, folders, teams: teamsOf(home, path) };
  stdout.write(json ? `${JSON.stringify(shown)}\n` : render(shown));
};

/** Agrees to what the project brings, as it is now, or as it was when its checksum was shown. */
async function allow(home: string, path: string, checksum: unknown): Promise<void> {
  const brings = readProjectFolder(home, path);
  if (brings === undefined)
    throw new CoworkError('PROJECT_UNKNOWN', `${path} brings nothing to agree to.`, {
      hint: 'A project brings settings.json and instructions.md in its folder .cowork.',
    });
  if (typeof checksum === 'string' && checksum !== brings.checksum)
    throw new CoworkError(
      'SETTINGS_INVALID',
      `What ${path} brings has changed: it is ${brings.checksum} now.`,
      {
        hint: 'Look at it again with `cowork project`.',
      },
    );
  await agreeTo(home, path, brings);
}

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

interface Shown extends Pick<ProjectRecord, 'path' | 'hosts' | 'folders'> {
  brings: ProjectFolder | null;
  isAgreed: boolean;
  teams: string[];
}

function render(of: Shown): string {
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
      ...(of.brings === null
        ? ['Brings nothing.\n']
        : [
            of.isAgreed
              ? 'Brings, and you have agreed:\n'
              : 'Brings, and it waits for your consent (cowork project allow):\n',
            describeFolder(of.brings),
          ]),
      `Always allowed: ${allowed.length === 0 ? 'nothing' : ''}\n`,
      ...allowed,
      `Teams: ${of.teams.join(', ') || 'none'}\n`,
    ].join(''),
    { lines: true },
  );
}
