import { diffStyle } from './markdown.ts';
import { type Span, span } from './spans.ts';

/** Most lines of a change that are shown by themselves. */
const LINES_MAX = 14;

/** What a call of the tool `edit` changed, as coloured lines; nothing for other tools. */
export function changedLines(name: string, input: unknown): Span[][] {
  const fields = (input ?? {}) as Record<string, unknown>; // a model's input is a JSON object
  if (name !== 'edit' || typeof fields.old_string !== 'string') return [];
  const before = fields.old_string.split('\n');
  const after = typeof fields.new_string === 'string' ? fields.new_string.split('\n') : [];
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start++;
  let end = 0;
  const shorter = Math.min(before.length, after.length) - start;
  while (end < shorter && before.at(-1 - end) === after.at(-1 - end)) end++;
  const lines = [
    ...before.slice(start, before.length - end).map((line) => `- ${line}`),
    ...after.slice(start, after.length - end).map((line) => `+ ${line}`),
  ];
  const shown = lines.slice(0, LINES_MAX).map((line) => [span(`    ${line}`, diffStyle(line))]);
  const more = lines.length - LINES_MAX;
  return more > 0 ? [...shown, [span(`    … ${more} more lines`, '2')]] : shown;
}
