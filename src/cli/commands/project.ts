import { findProject, openMemory } from '../../memory/memory.ts';
import { CoworkError } from '../../protocol/errors.ts';
import { nearestName } from '../../protocol/names.ts';
import { teamFolder } from '../../team/paths.ts';
import { changeProjectRecord, type ProjectRecord, readProjectRecord } from '../../team/project-record.ts';
import { listTeams, readTeam } from '../../team/team.ts';
import { plainText } from '../../text/plain.ts';
import type { CommandModule } from '../command.ts';
import { describeConsent } from '../describe-project.ts';
import { agreeTo, type Consent, readConsent } from '../project-consent.ts';

const ACTIONS = ['show', 'allow', 'forget'];

export const run: CommandModule['run'] = async (
  { action = 'show', checksum, json },
  { home, stdout, stderr },
) => {
  const path = findProject(home, process.cwd());
  if (path === null)
    throw new CoworkError('PROJECT_UNKNOWN', `There is no project at or above ${process.cwd()}.`);
  if (action === 'forget') await forget(home, path);
  else if (action === 'allow') for (const line of await allow(home, path, checksum)) stderr.write(line);
  else if (action !== 'show') throw unknownAction(String(action));
  const { hosts, folders } = readProjectRecord(home, path);
  const consent = readConsent(home, path);
  if (consent.fault !== undefined) throw consent.fault;
  const { brings = null, isAgreed } = consent;
  const agreed = openMemory(home, path)
    .list()
    .filter(({ scope }) => scope === 'project').length;
  const notes = {
    agreed,
    waiting: consent.notes.map(({ place: name, title, bytes, revision, problem }) => ({
      name,
      title,
      bytes,
      revision,
      problem,
    })),
  };
  const shown = {
    path,
    brings,
    isAgreed,
    notes,
    checksum: consent.checksum,
    hosts,
    folders,
    teams: teamsOf(home, path),
  };
  stdout.write(json ? `${JSON.stringify(shown)}\n` : render(shown, consent));
};

/** Agrees to what the project brings, as it is now, or as it was when its checksum was shown; gives what was left out. */
async function allow(home: string, path: string, checksum: unknown): Promise<string[]> {
  const consent = readConsent(home, path);
  if (consent.fault !== undefined) throw consent.fault;
  if (consent.checksum === '')
    throw new CoworkError('PROJECT_UNKNOWN', `${path} brings nothing to agree to.`, {
      hint: 'A project brings settings.json, instructions.md and memory/*.md in its folder .cowork.',
    });
  if (typeof checksum === 'string' && checksum !== consent.checksum)
    throw new CoworkError(
      'SETTINGS_INVALID',
      `What ${path} brings has changed: it is ${consent.checksum} now.`,
      {
        hint: 'Look at it again with `cowork project`.',
      },
    );
  return (await agreeTo(home, consent)).map((line) => `${plainText(line)}\n`);
}

/** Takes back what was agreed to and allowed. What cowork itself noted goes on to count. */
async function forget(home: string, path: string): Promise<void> {
  await changeProjectRecord(home, path, (record) => ({ ...record, agreed: null, hosts: [], folders: [] }));
  await openMemory(home, path, 'people').withdraw();
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
  notes: { agreed: number };
  teams: string[];
}

function render(of: Shown, consent: Consent): string {
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
      ...brought(consent),
      `Notes that agents see: ${of.notes.agreed} (cowork memory)\n`,
      `Always allowed: ${allowed.length === 0 ? 'nothing' : ''}\n`,
      ...allowed,
      `Teams: ${of.teams.join(', ') || 'none'}\n`,
    ].join(''),
    { lines: true },
  );
}

/** What was agreed to apart from what was not. */
function brought(consent: Consent): string[] {
  const { brings, isAgreed, notes, checksum } = consent;
  if (checksum === '') return ['Brings nothing.\n'];
  const agreed = isAgreed ? { ...consent, notes: [], checksum: brings?.checksum ?? '' } : undefined;
  const waits = { ...consent, brings: isAgreed ? undefined : brings };
  return [
    ...(agreed === undefined ? [] : ['Brings, and you have agreed:\n', describeConsent(agreed)]),
    ...(isAgreed && notes.length === 0
      ? []
      : ['Brings, and it waits for your consent (cowork project allow):\n', describeConsent(waits)]),
  ];
}
