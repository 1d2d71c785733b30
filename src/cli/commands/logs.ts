import { createReadStream, existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { watchFolder } from '../../store/watch.ts';
import { keeperLog } from '../../team/paths.ts';
import { findAgent, findTeam, readTeam } from '../../team/team.ts';
import { plainText } from '../../text/plain.ts';
import type { CommandModule } from '../command.ts';

export const run: CommandModule['run'] = async (args, { home, stdout, stderr }) => {
  const dir = findTeam(home, args.team);
  const agent = typeof args.agent === 'string' ? args.agent : 'lead';
  findAgent(readTeam(dir), agent);
  const file = keeperLog(dir, agent);
  const show = (line: string): void => void stdout.write(args.json ? `${line}\n` : renderLine(line));
  let at = await readFrom(file, 0, show);
  if (!existsSync(file))
    stderr.write(`There is no log of ${agent}: it was never started, or \`cowork clean\` has removed it.\n`);
  if (args.follow !== true) return;
  const asked = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => asked.abort());
  for await (const _ of watchFolder(dirname(file), { signal: asked.signal }))
    at = await readFrom(file, at, show);
};

/** Shows the whole lines of a log from byte `at` on; returns where the next look begins. */
async function readFrom(file: string, at: number, show: (line: string) => void): Promise<number> {
  if (!existsSync(file) || statSync(file).size <= at) return at;
  const lines = createInterface({
    input: createReadStream(file, { start: at }),
    crlfDelay: Number.POSITIVE_INFINITY,
  });
  const { size } = statSync(file);
  let read = at;
  for await (const line of lines) {
    const end = read + Buffer.byteLength(line) + 1;
    // A line that is still being written is shown when it is whole.
    if (end > Math.max(size, statSync(file).size)) break;
    read = end;
    if (line !== '') show(line);
  }
  return read;
}

/** A line of the log for people: time, event, what belongs to it. What is no JSON, as a program's last words, stays as it is. */
function renderLine(line: string): string {
  const entry = parse(line);
  if (entry === undefined) return `${plainText(line)}\n`;
  const { level, time, event, agent: _, incarnation, ...rest } = entry;
  const at = new Date(Number(time)).toISOString().slice(0, 23).replace('T', ' ');
  const fields = Object.entries(rest).map(
    ([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  const mark = Number(level) >= 50 ? 'ERROR ' : Number(level) >= 40 ? 'WARN ' : '';
  return `${at}  life ${incarnation}  ${mark}${plainText([String(event ?? ''), ...fields].join('  '), { lines: true }).replaceAll('\n', '\n    ')}\n`;
}

function parse(line: string): Record<string, unknown> | undefined {
  try {
    const entry: unknown = JSON.parse(line);
    const isEntry =
      typeof entry === 'object' && entry !== null && 'time' in entry && typeof entry.time === 'number';
    return isEntry ? (entry as Record<string, unknown>) : undefined; // just checked
  } catch {
    return undefined;
  }
}
