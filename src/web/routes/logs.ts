import { open } from 'node:fs/promises';
import { keeperLog, supervisorLog } from '../../team/paths.ts';
import { findAgent, findTeam, readTeam } from '../../team/team.ts';
import type { App, Desk } from '../desk.ts';
import { readQuery } from '../read-body.ts';
import { LogAsked } from '../requests.ts';
import type { LogLine, LogPage } from '../shapes.ts';

/** Bytes from the end of a log that are shown. */
const TAIL = 256 * 1024;

/** The end of the log of an agent's keeper; without an agent that of the supervisor. */
export function addLogRoutes(app: App, { home }: Desk): void {
  app.get('/api/teams/:team/logs', async (context) => {
    const dir = findTeam(home, context.req.param('team'));
    const { agent } = readQuery(context, LogAsked);
    const file =
      agent === undefined ? supervisorLog(dir) : keeperLog(dir, findAgent(readTeam(dir), agent).name);
    return context.json(await readTail(file));
  });
}

async function readTail(path: string): Promise<LogPage> {
  const file = await open(path).catch(() => undefined); // nothing was logged yet
  if (file === undefined) return { lines: [], isCut: false };
  try {
    const { size } = await file.stat();
    const from = Math.max(0, size - TAIL);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size - from), 0, size - from, from);
    const lines = buffer.subarray(0, bytesRead).toString().split('\n');
    // The first may have lost its beginning, the last is being written.
    return { lines: lines.slice(from > 0 ? 1 : 0, -1).map(toLine), isCut: from > 0 };
  } finally {
    await file.close();
  }
}

/** A line that is no JSON, as a program's last words, stays as it is. */
function toLine(text: string): LogLine {
  try {
    const { level, time, event, agent: _, incarnation, ...rest } = JSON.parse(text);
    const isEntry = typeof time === 'number' && typeof level === 'number';
    if (!isEntry) return { at: null, level: 30, life: null, text };
    const fields = Object.entries(rest).map(
      ([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
    );
    const said = [String(event ?? ''), ...fields].join('  ');
    return { at: new Date(time).toISOString(), level, life: incarnation ?? null, text: said };
  } catch {
    return { at: null, level: 30, life: null, text };
  }
}
