import { homedir } from 'node:os';
import { join } from 'node:path';
import { readForm } from '../../extensions/servers/form.ts';
import { readRule } from '../../gate/egress/rules.ts';
import type { Approval } from '../../protocol/approval.ts';
import { CoworkError } from '../../protocol/errors.ts';
import { nearestName } from '../../protocol/names.ts';
import { GRANT_MODES, type Sandbox } from '../../protocol/team.ts';
import { answerApproval, findApproval, listApprovals } from '../../team/approvals.ts';
import { grantedFolder, landGrant, readGrant } from '../../team/grants.ts';
import { landHost } from '../../team/hosts.ts';
import { findTeam, readTeam } from '../../team/team.ts';
import { plainText } from '../../text/plain.ts';
import type { CommandArguments, CommandModule } from '../command.ts';

const ACTIONS = ['allow', 'deny'];

export const run: CommandModule['run'] = async (args, { home, stdout }) => {
  const dir = findTeam(home, args.team);
  if (args.action === undefined) {
    const shown = listApprovals(dir).filter(({ state }) => args.all === true || state === 'open');
    stdout.write(args.json ? `${JSON.stringify(shown)}\n` : renderList(shown, args.all === true));
    return;
  }
  const approval = await answer(dir, home, String(args.action), args);
  stdout.write(args.json ? `${JSON.stringify(approval)}\n` : renderAnswer(approval));
};

async function answer(dir: string, home: string, action: string, args: CommandArguments): Promise<Approval> {
  if (!ACTIONS.includes(action)) {
    const nearest = nearestName(action, ACTIONS);
    throw new CoworkError('USAGE', `cowork approvals can't ${action}.`, {
      hint: nearest === undefined ? 'It can allow and deny.' : `Did you mean ${nearest}?`,
    });
  }
  if (typeof args.id !== 'string') {
    throw new CoworkError('USAGE', `cowork approvals ${action} needs the id of a request.`, {
      hint: `cowork approvals ${action} ID`,
    });
  }
  const asked = findApproval(dir, args.id);
  const note = typeof args.note === 'string' ? args.note : '';
  const said = { id: args.id, by: 'user', note } as const;
  if (action === 'deny') return answerApproval(dir, { ...said, state: 'denied' });
  const result = asked.state === 'open' ? whatIsMeant(asked, home, { mode: args.mode, note }) : {};
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

function renderList(shown: readonly Approval[], isAll: boolean): string {
  if (shown.length === 0) return isAll ? 'Nothing was ever asked for.\n' : 'Nothing is asked for.\n';
  return shown
    .map(({ id, agent, kind, what, why, created, state, note }) => {
      const head = `${id}  ${agent} asks for a ${kind}: ${plainText(what)}`;
      const answered = state === 'open' ? '' : `  [${state}${note === '' ? '' : `: ${plainText(note)}`}]`;
      const indented = plainText(why, { lines: true }).replaceAll('\n', '\n    ');
      return `${head}${answered}\n    ${indented}\n    asked ${created.slice(0, 16).replace('T', ' ')}\n`;
    })
    .concat(isAll ? [] : ['Answer: cowork approvals allow ID, cowork approvals deny ID\n'])
    .join('');
}

function renderAnswer({ id, state, agent, kind, what, result }: Approval): string {
  const shown = typeof result.path === 'string' ? `${result.path} (${result.mode})` : what;
  return `${id} is ${state}: the ${kind} ${plainText(shown)}, for ${agent}.\n`;
}
