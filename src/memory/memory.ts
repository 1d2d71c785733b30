import { statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { CoworkError } from '../protocol/errors.ts';
import { nearestName } from '../protocol/names.ts';
import { makeFolder } from '../store/folders.ts';
import { projectKey } from '../store/project-key.ts';
import { replaceFile } from '../store/replace-file.ts';
import { openFullText } from './full-text.ts';
import type { Note, NoteWriter } from './note.ts';
import { openProjectFiles } from './project-files.ts';
import { type Moved, openShelf, type Shelf } from './shelf.ts';

export type { Note, NoteWriter } from './note.ts';
export type { Moved } from './shelf.ts';

export const SCOPES = ['user', 'project'] as const;
export type Scope = (typeof SCOPES)[number];

/** A note with its shelf: `user/style.md`. */
export type PlacedNote = Note & { scope: Scope; place: string };

/** Agents are shown what counts; people all that is there. */
export type Audience = 'agents' | 'people';

/** From this part on who writes is asked to tidy. */
const TIDY_FROM = 0.8;

/** What is remembered for the user, and for one project. */
export interface Memory {
  /** The folder that the project is about; null when there is none. */
  readonly project: string | null;
  /** By name, the user's first. */
  list(): PlacedNote[];
  /** Throws MEMORY_UNKNOWN with the nearest, MEMORY_INVALID, MEMORY_NOT_AGREED. */
  read(place: string): PlacedNote;
  /** As `Shelf.change`. */
  change(
    place: string,
    by: NoteWriter,
    change: (now: Note | undefined) => string | null,
  ): Promise<PlacedNote | undefined>;
  /** The notes that have all the words, best first. */
  search(query: string, limit?: number): (PlacedNote & { excerpt: string })[];
  /** Asks for room on the shelf of a note; undefined while there is enough. */
  tidy(place: string): string | undefined;
  /** What stands among the notes of the project and counts for nothing before the user agrees to it. */
  waiting(): PlacedNote[];
  /** As `Shelf.agree`. */
  agree(place: string, revision: string): Promise<PlacedNote>;
  /** As `Shelf.withdraw`, for the project. */
  withdraw(): Promise<void>;
  /** As `Shelf.move`. Throws MEMORY_INVALID where there is no project. */
  move(): Promise<Moved[]>;
  /** Why notes of the project can't be in its folder; undefined when they can, or are in the home. */
  obstacle(): string | undefined;
}

const root = (home: string): string => join(home, 'memory');

/** Opens what is remembered; `project` is the absolute path of a folder. */
export function openMemory(home: string, project: string | null, audience: Audience = 'agents'): Memory {
  const files = project === null ? undefined : openProjectFiles(project, home);
  const ofProject = project === null ? undefined : openShelf(projectFolder(home, project), files);
  const shelves: Partial<Record<Scope, Shelf>> = {
    user: openShelf(join(root(home), 'user')),
    ...(ofProject === undefined ? {} : { project: ofProject }),
  };

  const noProject = (): CoworkError =>
    new CoworkError('MEMORY_INVALID', 'There is no project here, so it has no memory.', {
      hint: 'Use user/NAME.md, or name a project.',
    });

  const find = (place: string): { shelf: Shelf; scope: Scope; name: string } => {
    const [, scope, name = ''] = /^(user|project)\/(.+)$/.exec(place) ?? [];
    const shelf = shelves[scope as Scope];
    if (scope === undefined)
      throw new CoworkError('MEMORY_INVALID', `${JSON.stringify(place)} is no name of a note.`);
    if (shelf === undefined) throw noProject();
    return { shelf, scope: scope as Scope, name };
  };

  const placed = (scope: Scope, note: Note): PlacedNote => ({
    ...note,
    scope,
    place: `${scope}/${note.name}`,
  });

  const list = (): PlacedNote[] =>
    SCOPES.flatMap((scope) => {
      const shelf = shelves[scope];
      const notes = (audience === 'agents' ? shelf?.agreed() : shelf?.list()) ?? [];
      return notes.map((note) => placed(scope, note));
    });

  const read = (place: string): PlacedNote => {
    const { shelf, scope, name } = find(place);
    const note = shelf.read(name);
    if (note !== undefined && (audience === 'people' || note.isAgreed)) return placed(scope, note);
    if (note !== undefined)
      throw new CoworkError('MEMORY_NOT_AGREED', `${place} waits for the consent of the user.`);
    const nearest = nearestName(
      place,
      list().map((other) => other.place),
    );
    throw new CoworkError('MEMORY_UNKNOWN', `There is no note ${place}.`, {
      ...(nearest === undefined ? {} : { hint: `Did you mean ${nearest}?` }),
    });
  };

  const change: Memory['change'] = async (place, by, decide) => {
    const { shelf, scope, name } = find(place);
    const note = await shelf.change(name, by, decide);
    await nameShelf(scope);
    return note === undefined ? undefined : placed(scope, note);
  };

  const nameShelf = async (scope: Scope): Promise<void> => {
    if (scope === 'project' && project !== null) await nameProject(projectFolder(home, project), project);
  };

  const search: Memory['search'] = (query, limit = 10) => {
    const notes = new Map(list().map((note) => [note.place, note]));
    using index = openFullText();
    const pages = [...notes.values()].map(({ place, title, text }) => ({
      ...{ id: place, stamp: '', parts: [title, place, text] },
    }));
    index.update(pages, []);
    return index.search(query, limit).flatMap(({ id, excerpt }) => {
      const note = notes.get(id);
      return note === undefined ? [] : [{ ...note, excerpt }];
    });
  };

  const tidy = (place: string): string | undefined => {
    const { shelf, scope } = find(place);
    const full = shelf.fullness();
    if (full < TIDY_FROM) return undefined;
    return `The notes of the ${scope} take ${Math.round(full * 100)} % of their room: join what belongs together, and delete what is no longer true.`;
  };

  const agree: Memory['agree'] = async (place, revision) => {
    const { shelf, scope, name } = find(place);
    const note = placed(scope, await shelf.agree(name, revision));
    await nameShelf(scope);
    return note;
  };

  const move = async (): Promise<Moved[]> => {
    if (ofProject === undefined) throw noProject();
    const moved = await ofProject.move();
    await nameShelf('project');
    return moved;
  };

  const obstacle = (): string | undefined => {
    const state = files?.state();
    return typeof state === 'object' ? state.problem : undefined;
  };

  return {
    ...{ project, list, read, change, search, tidy, agree, move, obstacle },
    waiting: () =>
      (ofProject?.list() ?? []).filter(({ isAgreed }) => !isAgreed).map((note) => placed('project', note)),
    withdraw: async () => ofProject?.withdraw(),
  };
}

/**
 * The project of a folder: the nearest folder at or above it that has a `.cowork/`, or of which something is remembered;
 * null when there is none. A home of cowork is no such folder.
 */
export function findProject(home: string, from: string): string | null {
  for (let at = resolve(from); ; at = dirname(at)) {
    const own = join(at, '.cowork');
    const isHome = own === resolve(home) || own === join(homedir(), '.cowork');
    if ((!isHome && isFolder(own)) || isFolder(projectFolder(home, at))) return at;
    if (at === dirname(at)) return null;
  }
}

function projectFolder(home: string, path: string): string {
  return join(root(home), 'projects', projectKey(path));
}

/** Says beside the notes of a project which folder they are about. */
async function nameProject(folder: string, path: string): Promise<void> {
  const file = join(folder, 'project.json');
  if (statSync(file, { throwIfNoEntry: false }) !== undefined) return;
  makeFolder(folder);
  await replaceFile(file, `${JSON.stringify({ v: 1, path })}\n`);
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
