import { type Approval, ASKS } from '../protocol/approval.ts';
import { describeAnswer } from '../team/approvals.ts';
import { plainText } from '../text/plain.ts';

/** Requests for people; with their answers when `isAll`, which is the record of who allowed what. */
export function renderRequests(
  shown: readonly { team: string; requests: readonly Approval[] }[],
  isAll: boolean,
): string {
  const some = shown.filter(({ requests }) => requests.length > 0);
  if (some.length === 0) return isAll ? 'Nothing was ever asked for.\n' : 'Nothing is asked for.\n';
  const heads = shown.length > 1;
  const text = some.map(({ team, requests }) =>
    [...(heads ? [`Team ${team}\n`] : []), ...requests.map((request) => requestText(request))].join(''),
  );
  const where = heads ? ' -t TEAM' : '';
  const how = `Answer: cowork approvals allow ID${where}, cowork approvals deny ID${where}\n`;
  return text.concat(isAll ? [] : [how]).join('');
}

function requestText(request: Approval): string {
  const { id, agent, kind, what, why, created, expires, state, note, reach } = request;
  const indented = plainText(why, { lines: true }).replaceAll('\n', '\n    ');
  const body = why === '' ? '' : `    ${indented}\n`;
  const said = note === '' ? '' : `: ${plainText(note)}`;
  const wide = reach === 'project' ? ', for the project' : '';
  const end =
    state === 'open'
      ? `asked ${minute(created)}; no answer until ${minute(expires)} means no`
      : `asked ${minute(created)}; ${plainText(describeAnswer(request))}${wide}${said}`;
  return `${id}  ${agent} ${ASKS[kind]}: ${plainText(what)}\n${body}    ${end}\n`;
}

export function renderAnswer({ id, state, agent, kind, what, result, reach }: Approval): string {
  const shown =
    typeof result.path === 'string'
      ? `${result.path} (${result.mode})`
      : typeof result.limit === 'number'
        ? `now ${result.limit}`
        : what;
  const wide = reach === 'project' ? ' and later teams of the project' : '';
  return `${id} is ${state}: the ${kind} ${plainText(shown)}, for ${agent}${wide}.\n`;
}

const minute = (at: string): string => at.slice(0, 16).replace('T', ' ');
