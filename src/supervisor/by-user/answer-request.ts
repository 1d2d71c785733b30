import { homedir } from 'node:os';
import { join } from 'node:path';
import { readForm } from '../../extensions/servers/form.ts';
import { readRule } from '../../gate/egress/rules.ts';
import type { Approval } from '../../protocol/approval.ts';
import { CoworkError } from '../../protocol/errors.ts';
import { GRANT_MODES, type Sandbox } from '../../protocol/team.ts';
import { answerApproval, findApproval } from '../../team/approvals.ts';
import { grantedFolder, landGrant, readGrant } from '../../team/grants.ts';
import { landHost } from '../../team/hosts.ts';
import { readTeam } from '../../team/team.ts';

/** What a person says to a request. */
export interface UserAnswer {
  id: string;
  isAllowed: boolean;
  /** What may be done with a folder; without it, what was asked for. */
  mode?: unknown;
  note?: string;
}

/**
 * Answers a request of an agent for the user, and lands what was allowed. Throws APPROVAL_UNKNOWN, APPROVAL_SETTLED; GRANT_INVALID, FORM_INVALID and
 * what a rule of a host throws, and then the request stays open.
 */
export async function answerRequest(dir: string, home: string, answer: UserAnswer): Promise<Approval> {
  const { id, isAllowed, mode, note = '' } = answer;
  const asked = findApproval(dir, id);
  const said = { id, by: 'user', note } as const;
  if (!isAllowed) return answerApproval(dir, { ...said, state: 'denied' });
  const result = asked.state === 'open' ? whatIsMeant(asked, home, { mode, note }) : {};
  assertGuarded(readTeam(dir).sandbox, result.mode);
  const allowed = await answerApproval(dir, { ...said, state: 'allowed', result });
  if (allowed.kind === 'folder') await landGrant(dir, allowed);
  if (allowed.kind === 'host') await landHost(dir, allowed);
  return allowed;
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
  { mode, note }: { mode: unknown; note: string },
): Record<string, unknown> {
  if (asked.kind === 'folder') return folderOf(asked, home, mode);
  if (asked.kind === 'form') return formOf(asked, note);
  return asked.kind === 'host' ? { host: readRule(asked.what).text } : {};
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
