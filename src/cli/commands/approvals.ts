import type { Approval } from '../../protocol/approval.ts';
import { CoworkError } from '../../protocol/errors.ts';
import { nearestName } from '../../protocol/names.ts';
import { answerRequest } from '../../supervisor/by-user/answer-request.ts';
import { listApprovals } from '../../team/approvals.ts';
import { findTeam } from '../../team/team.ts';
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
  const note = typeof args.note === 'string' ? args.note : '';
  return answerRequest(dir, home, { id: args.id, isAllowed: action === 'allow', mode: args.mode, note });
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
