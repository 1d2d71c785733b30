import { GROUPS } from './table.ts';

const HEAD = `cowork COMMAND

Runs a team of AI agents on one large job, each in a micro-VM of its own.`;
const FOOT = 'More of one command: cowork COMMAND --help';

/** All commands with what they do, by what they are for: lines of at most `columns`. */
export function overview(columns: number): string {
  const names = GROUPS.flatMap(({ commands }) => commands.map(({ name }) => name));
  const indent = 4 + Math.max(...names.map((name) => name.length));
  const groups = GROUPS.map(({ title, commands }) => {
    const rows = commands.map(({ name, describe }) => {
      const [first = '', ...rest] = wrapped(describe, columns - indent);
      return [`  ${name}`.padEnd(indent) + first, ...rest.map((line) => ' '.repeat(indent) + line)].join(
        '\n',
      );
    });
    return [title, ...rows].join('\n');
  });
  return `${[HEAD, ...groups, FOOT].join('\n\n')}\n`;
}

function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}
