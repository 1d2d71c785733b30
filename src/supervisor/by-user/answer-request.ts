import { homedir } from 'node:os';
import { join } from 'node:path';
import { agreeToServer } from '../../extensions/connectors/records.ts';
import { readForm } from '../../extensions/servers/form.ts';
import { agreeForTeam } from '../../extensions/use/team-extensions.ts';
import { readRule } from '../../gate/egress/rules.ts';
import { type AnswerPlace, type Approval, LASTING_KINDS, type Reach } from '../../protocol/approval.ts';
import { CoworkError } from '../../protocol/errors.ts';
import { GRANT_MODES, type Sandbox } from '../../protocol/team.ts';
import { answerApproval, findApproval } from '../../team/approvals.ts';
import { grantedFolder, readGrant } from '../../team/grants.ts';
import { landForProject, landForTeam, noProject } from '../../team/landing.ts';
import { readTeam } from '../../team/team.ts';

/** What a person says to a request. */
export interface UserAnswer {
  id: string;
  isAllowed: boolean;
  where: AnswerPlace;
  /** The user of the system and their terminal, as far as known. */
  who: string;
  /** What may be done with a folder; without it, what was asked for. */
  mode?: unknown;
  /** To what a limit is raised; without it, what the request proposes. */
  limit?: number | undefined;
  reach?: Reach | undefined;
  note?: string;
}

/**
 * Answers a request for the user, and does what was allowed. Throws APPROVAL_UNKNOWN, APPROVAL_SETTLED; GRANT_INVALID, FORM_INVALID, USAGE and
 * what a rule of a host throws, and then the request stays open.
 */
export async function answerRequest(dir: string, home: string, answer: UserAnswer): Promise<Approval> {
  const { id, isAllowed, where, who, note = '', reach = 'team' } = answer;
  const asked = findApproval(dir, id);
  const said = { id, by: 'user', where, who, note } as const;
  if (!isAllowed) {
    const denied = await answerApproval(dir, { ...said, state: 'denied' });
    await landForTeam(dir, denied);
    return denied;
  }
  if (asked.state === 'open') assertReach(dir, asked, reach);
  const result = asked.state === 'open' ? whatIsMeant(asked, home, answer) : {};
  assertGuarded(readTeam(dir).sandbox, result.mode);
  const allowed = await answerApproval(dir, { ...said, state: 'allowed', reach, result });
  await landForTeam(dir, allowed);
  if (reach === 'project') await landForProject(home, dir, allowed);
  if (allowed.kind === 'connector') await landServer(dir, home, allowed);
  return allowed;
}

function assertReach(dir: string, { kind }: Approval, reach: Reach): void {
  if (reach === 'team') return;
  if (readTeam(dir).project === undefined) throw noProject();
  if (LASTING_KINDS.includes(kind)) return;
  throw new CoworkError('USAGE', `A ${kind} is allowed once, not for a project.`, {
    hint: `What can be allowed for a project: ${LASTING_KINDS.join(', ')}.`,
  });
}

/** Modes that are more than a word need the file server, and so a machine. */
function assertGuarded(sandbox: Sandbox, mode: unknown): void {
  if (sandbox !== 'none' || (mode !== 'keep' && mode !== 'review')) return;
  throw new CoworkError('GRANT_INVALID', `The mode "${mode}" needs a virtual machine.`, {
    hint: 'Without a machine nothing guards a folder: allow it with --mode rw or --mode ro, or deny it.',
  });
}

/** What exactly is granted; refused when it can't be, and then the request stays open. */
function whatIsMeant(
  asked: Approval,
  home: string,
  { mode, note = '', limit }: UserAnswer,
): Record<string, unknown> {
  if (asked.kind === 'folder') return folderOf(asked, home, mode);
  if (asked.kind === 'form') return formOf(asked, note);
  if (asked.kind === 'budget') return { limit: limitOf(asked, limit) };
  return asked.kind === 'host' ? { host: readRule(asked.what).text } : {};
}

/** A limit goes up, to what the request shows or to what the person names. */
function limitOf({ id, detail }: Approval, named: number | undefined): number {
  const { limit, proposed } = detail as { limit: number; proposed: number }; // written by a keeper
  if (named === undefined) return proposed;
  if (Number.isFinite(named) && named > limit) return named;
  throw new CoworkError('USAGE', `${id} needs a limit above ${limit}.`, {
    hint: `cowork approvals allow ${id} --limit ${proposed}`,
  });
}

/** What the person has filled in. */
function formOf({ id, detail }: Approval, note: string): { content: unknown } {
  // Written by the keeper of the agent, which has made both of what the server sent.
  const { fields, required } = detail as { fields: Record<string, unknown> | null; required: string[] };
  const read = readForm(note, fields ?? {}, required);
  if ('content' in read) return read;
  throw new CoworkError('FORM_INVALID', `${id} is not filled in: ${read.why}.`);
}

/** The folder that is meant, as it is now. */
function folderOf({ what }: Approval, home: string, asked: unknown): { path: string; mode: string } {
  const given = what.replace(/^~(?=\/|$|:)/, homedir());
  if (!given.startsWith('/')) {
    throw new CoworkError('GRANT_INVALID', `${JSON.stringify(what)} does not begin with / or ~.`, {
      hint: 'Deny it with --note, naming the whole path.',
    });
  }
  const mode = GRANT_MODES.find((each) => each === asked);
  if (mode === 'clone' || (mode === undefined && given.endsWith(':clone'))) {
    throw new CoworkError('GRANT_INVALID', 'A repository is granted as a clone at the launch only.', {
      hint: 'Allow it with --mode ro or rw, or deny it.',
    });
  }
  const { path, mode: wanted } = readGrant(home, given, 'ro');
  return mode === undefined ? { path, mode: wanted } : { path: grantedFolder(home, join(path), mode), mode };
}

/** The server that was shown, by its checksum: for the team, and for the project when that was said. */
async function landServer(dir: string, home: string, { detail, reach }: Approval): Promise<void> {
  const { checksum } = detail;
  if (typeof checksum !== 'string') return;
  await agreeForTeam(dir, checksum);
  if (reach === 'project') await agreeToServer(home, checksum);
}
