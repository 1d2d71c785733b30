import type { BetaToolResultBlockParam } from '@anthropic-ai/sdk/resources/beta';

/** A tool call on one line: its name and what matters most of its input. */
export function describeCall(name: string, input: unknown): string {
  const fields = (input ?? {}) as Record<string, unknown>; // a model's input is a JSON object
  const order = ['command', 'path', 'file_path', 'pattern', 'to', 'subject', 'id', 'name', 'text', 'summary'];
  const known = order
    .filter((field) => typeof fields[field] === 'string')
    .map((field) => String(fields[field]));
  const detail = known.slice(0, 2).join(' · ').replaceAll(/\s+/g, ' ');
  return detail === '' ? name : `${name}  ${detail}`;
}

/** What came of a tool call, on one line. */
export function describeResult(result: BetaToolResultBlockParam): string {
  const text = resultText(result).trim();
  const team = result.is_error ? undefined : describeTeamAnswer(text);
  if (team !== undefined) return team;
  const lines = text.split('\n');
  const last = (lines.at(-1) ?? '').trim();
  return lines.length > 1 ? `${lines.length} lines, last: ${last}` : last;
}

/** The JSON that a team tool answers with, in a few words; undefined when it is none. */
function describeTeamAnswer(text: string): string | undefined {
  if (!text.startsWith('{') && !text.startsWith('[')) return undefined;
  try {
    const answer: unknown = JSON.parse(text);
    if (Array.isArray(answer)) return `${answer.length} in all`;
    const { id, subject, title, request, state, to, text: said, name } = answer as Record<string, unknown>; // an object, as it begins with {
    if (typeof subject === 'string') return `${id}: ${subject} (${state})`;
    if (typeof to === 'string' && typeof said === 'string') return `to ${to}, ${state}`;
    if (typeof title === 'string') return `${id}: ${title}`;
    const who = name ?? request;
    return typeof who === 'string' && typeof state === 'string' ? `${who} is ${state}` : undefined;
  } catch {
    return undefined; // the output of a program that looks like JSON at its start
  }
}

/** The text of a tool's result. */
export function resultText({ content }: BetaToolResultBlockParam): string {
  if (content === undefined) return '';
  if (typeof content === 'string') return content;
  return content.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join('\n');
}

/** A count in a few characters: 950, 12.3k, 4.5M. */
export function shortCount(count: number): string {
  if (count < 1000) return String(count);
  if (count < 1_000_000) return `${(count / 1000).toFixed(1)}k`;
  return `${(count / 1_000_000).toFixed(1)}M`;
}
