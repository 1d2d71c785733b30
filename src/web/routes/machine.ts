import { readdir, realpath } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { CoworkError } from '../../protocol/errors.ts';
import type { App, Desk } from '../desk.ts';
import { readBody, readQuery } from '../read-body.ts';
import { FolderAsked, Launch, LaunchNamed, NoteAgreed, NoteAsked, ScheduleAsked } from '../requests.ts';
import type { FolderPage } from '../shapes.ts';

/** Agents have 240 s to be ready; the launch before that checks and copies. */
const LAUNCH_MS = 600_000;
/** What an image that is not there takes to be built besides. */
export const IMAGE_MS = 1_800_000;
/** Most folders of one look. */
const FOLDERS_MAX = 1_000;

/** What is not of one team: launching, notes, schedules, plugins. By the commands of these names. */
export function addMachineRoutes(app: App, { commands, launches }: Desk): void {
  const print = async (words: string[], deadlineMs?: number): Promise<object> =>
    (await commands.run(words, deadlineMs)) as object; // commands print objects and arrays

  app.post('/api/launch', async (context) => {
    const { job, team, teammates, grants, budget, maxTurns, model, requirePlan, sandbox, rehearsal, image } =
      await readBody(context, Launch);
    const words = [
      ...['launch', '--detach', `--team=${team}`],
      ...teammates.flatMap(({ name, role }) => ['--teammate', role === '' ? name : `${name}:${role}`]),
      ...grants.flatMap(({ path, mode }) => ['--grant', `${atHome(path)}:${mode}`]),
      ...flag('budget', budget),
      ...flag('max-turns', maxTurns),
      ...flag('model', model),
      ...flag('sandbox', sandbox),
      ...flag('rehearsal', rehearsal === undefined ? undefined : atHome(rehearsal)),
      ...flag('image', image),
      ...(requirePlan ? ['--require-plan'] : []),
    ];
    const deadlineMs = image === undefined || image === 'plain' ? LAUNCH_MS : LAUNCH_MS + IMAGE_MS;
    return context.json((await launches.run(team, [...words, '--', job], deadlineMs)) as object); // as that command prints
  });
  app.post('/api/launch/stop', async (context) => {
    launches.stop((await readBody(context, LaunchNamed)).team);
    return context.json({});
  });
  app.get('/api/folders', async (context) => {
    if (context.var.rights === 'read')
      throw new CoworkError('WEB_READ_ONLY', 'The folders of this machine are shown to who may launch.');
    return context.json(await listFolders(readQuery(context, FolderAsked).path ?? homedir()));
  });
  app.get('/api/memory', async (context) => context.json(await print(['memory', 'list'])));
  app.get('/api/memory/note', async (context) =>
    context.json(await print(['memory', 'show', '--', readQuery(context, NoteAsked).name])),
  );
  app.post('/api/memory/forget', async (context) =>
    context.json(await print(['memory', 'forget', '--', (await readBody(context, NoteAsked)).name])),
  );
  app.post('/api/memory/allow', async (context) => {
    const { name, revision } = await readBody(context, NoteAgreed);
    return context.json(await print(['memory', 'allow', ...flag('revision', revision), '--', name]));
  });
  app.get('/api/schedules', async (context) => context.json(await print(['schedule', 'list'])));
  app.get('/api/schedules/runs', async (context) =>
    context.json(await print(['schedule', 'runs', '--', readQuery(context, ScheduleAsked).name])),
  );
  app.post('/api/schedules/remove', async (context) =>
    context.json(await print(['schedule', 'remove', '--', (await readBody(context, ScheduleAsked)).name])),
  );
  app.get('/api/plugins', async (context) => context.json(await print(['plugin', 'list'])));
}

export const flag = (name: string, value: string | number | undefined): string[] =>
  value === undefined ? [] : [`--${name}=${value}`];

/** A path as somebody writes it who is at home: no shell stands between that makes a folder of `~`. */
const atHome = (path: string): string => resolve(path.replace(/^~(?=\/|$)/, homedir()));

/** The folders in a folder, by name; hidden ones are left out. */
async function listFolders(asked: string): Promise<FolderPage> {
  try {
    const path = await realpath(atHome(asked));
    const entries = await readdir(path, { withFileTypes: true });
    const names = entries
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
      .map(({ name }) => name)
      .sort((a, b) => a.localeCompare(b));
    const above = dirname(path);
    return {
      path,
      above: above === path ? null : above,
      folders: names.slice(0, FOLDERS_MAX).map((name) => ({ name, path: join(path, name) })),
      files: entries.filter((entry) => entry.isFile()).length,
    };
  } catch (cause) {
    throw new CoworkError('WEB_FOLDER', `The folder ${asked} can't be read.`, { cause });
  }
}
