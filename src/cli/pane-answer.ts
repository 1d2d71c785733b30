import { ASKS } from '../protocol/approval.ts';
import { CoworkError } from '../protocol/errors.ts';
import { answerRequest } from '../supervisor/by-user/answer-request.ts';
import { describeAnswer, findApproval, openApprovals } from '../team/approvals.ts';
import { homeOf } from '../team/paths.ts';
import { plainText } from '../text/plain.ts';
import { viewerName } from './viewer-name.ts';

/** The open requests as lines of a panel. */
export function requestLines(dir: string): string[] {
  const lines = openApprovals(dir).flatMap(({ id, agent, kind, what, why }) => [
    `${id}  ${agent} ${ASKS[kind]}: ${plainText(what)}`,
    ...plainText(why, { lines: true })
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => `      ${line}`),
  ]);
  return lines.length === 0
    ? ['Nothing is asked for.']
    : [
        ...lines,
        '',
        'ID yes, ID no, ID always (for the project), each with a word if you like; to a question: ID ANSWER',
      ];
}

/**
 * Answers as it was typed in a pane: `a3 yes`, `a3 no not today`, `a3 always`, and for a question `a3 blue`. Returns what to say of it. Throws
 * USAGE, and what `answerRequest` throws.
 */
export async function answerTyped(dir: string, line: string): Promise<string> {
  const [, id = '', word = '', rest = ''] = /^(\S+)\s+(\S+)\s*(.*)$/s.exec(line.trim()) ?? [];
  const { kind } = findApproval(dir, id);
  const meant = WORDS[word.toLowerCase()];
  const said = { id, where: 'pane', who: viewerName() } as const;
  if (meant === undefined && kind !== 'question')
    throw new CoworkError('USAGE', `${JSON.stringify(word)} is neither yes nor no.`, {
      hint: `Type ${id} yes, or ${id} no.`,
    });
  const answer =
    meant === undefined || (kind === 'question' && rest !== '')
      ? { ...said, isAllowed: true, note: `${word} ${rest}`.trim() }
      : { ...said, note: rest, ...meant };
  return `${id} is ${describeAnswer(await answerRequest(dir, homeOf(dir), answer))}`;
}

const WORDS: Partial<Record<string, { isAllowed: boolean; reach?: 'project' }>> = {
  yes: { isAllowed: true },
  allow: { isAllowed: true },
  no: { isAllowed: false },
  deny: { isAllowed: false },
  always: { isAllowed: true, reach: 'project' },
};
