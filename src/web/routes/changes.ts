import type { Context } from 'hono';
import { findTeam, readTeam } from '../../team/team.ts';
import type { App, Desk, Env } from '../desk.ts';
import { readBody, readQuery } from '../read-body.ts';
import { ChangesAsked, ChangesPut } from '../requests.ts';
import type { ChangeRow, ChangesPage } from '../shapes.ts';

/** Most places of one answer, and most characters of differences in it; what is cut can be asked for by its path. */
const PLACES_MAX = 2_000;
const DIFF_MAX = 1024 * 1024;
/** Landing and putting back copy files; a large grant takes its time. */
const WRITE_MS = 110_000;

/** What agents changed in the grants; landing it and putting it back. By the commands diff, apply and undo. */
export function addChangeRoutes(app: App, { home, commands }: Desk): void {
  const teamOf = (context: Context<Env>): string => readTeam(findTeam(home, context.req.param('team'))).name;

  app.get('/api/teams/:team/changes', async (context) => {
    const asked = readQuery(context, ChangesAsked);
    const words = ['diff', `--team=${teamOf(context)}`, ...placeWords(asked)];
    return context.json(toPage((await commands.run(words)) as ChangeRow[])); // as that command prints
  });
  for (const command of ['undo', 'apply'] as const) {
    app.post(`/api/teams/:team/${command}`, async (context) => {
      const { force, ...place } = await readBody(context, ChangesPut);
      const words = [
        command,
        `--team=${teamOf(context)}`,
        ...(force ? ['--force'] : []),
        ...placeWords(place),
      ];
      return context.json((await commands.run(words, WRITE_MS)) as object); // as that command prints
    });
  }
}

function placeWords({ agent, path }: { agent?: string | undefined; path?: string | undefined }): string[] {
  return [...(agent === undefined ? [] : [`--agent=${agent}`]), ...(path === undefined ? [] : ['--', path])];
}

function toPage(all: readonly ChangeRow[]): ChangesPage {
  let left = DIFF_MAX;
  const changes = all.slice(0, PLACES_MAX).map(({ diff, ...row }): ChangeRow => {
    const size = diff?.reduce((sum, line) => sum + line.length, 0) ?? 0;
    const isCut = size > left && all.length > 1;
    if (!isCut) left -= size;
    return { ...row, diff: isCut ? null : diff, isCut };
  });
  return { changes, total: all.length };
}
