import { spawnSync } from 'node:child_process';
import { lstatSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { text as readAll } from 'node:stream/consumers';
import { findProject, type Memory, openMemory, type PlacedNote } from '../../memory/memory.ts';
import { unusable } from '../../memory/shelf.ts';
import { CoworkError } from '../../protocol/errors.ts';
import { nearestName } from '../../protocol/names.ts';
import { plainText } from '../../text/plain.ts';
import type { CommandArguments, CommandModule, Surroundings } from '../command.ts';
import { table } from '../print.ts';
import { agreeToNotes } from '../project-consent.ts';
import { waitingNotes } from '../project-defaults.ts';

const USER = { agent: 'user', team: null } as const;

export const run: CommandModule['run'] = async (args, surroundings) => {
  const { home, stdout } = surroundings;
  const memory = openMemory(home, projectOf(home, args), 'people');
  const action = typeof args.action === 'string' ? args.action : 'list';
  const act = ACTIONS[action];
  if (act === undefined) {
    const nearest = nearestName(action, Object.keys(ACTIONS));
    throw new CoworkError('USAGE', `cowork memory can't ${action}.`, {
      hint: nearest === undefined ? `It can ${Object.keys(ACTIONS).join(', ')}.` : `Did you mean ${nearest}?`,
    });
  }
  const { value, text } = await act(memory, args, surroundings);
  stdout.write(args.json ? `${JSON.stringify(value)}\n` : text);
  if (args.json !== true)
    for (const line of hints(action, memory)) surroundings.stderr.write(`${plainText(line)}\n`);
};

type Action = (
  memory: Memory,
  args: CommandArguments,
  surroundings: Surroundings,
) => Promise<{ value: unknown; text: string }>;

const ACTIONS: Record<string, Action> = {
  list: async (memory) => {
    const notes = memory.list();
    return { value: notes.map(toJson), text: notes.length === 0 ? NONE : renderList(notes) };
  },
  show: async (memory, args) => {
    const note = memory.read(wordOf('show', 'NAME', args));
    if (note.problem !== null) throw unusable(note);
    return {
      value: { ...toJson(note), text: note.text },
      text: ended(plainText(note.text, { lines: true })),
    };
  },
  search: async (memory, args) => {
    const found = memory.search(wordOf('search', 'WORDS', args), 20);
    const lines = found.map(
      ({ place, excerpt }) => `${place}\n    ${plainText(excerpt.replaceAll(/\s+/g, ' '))}\n`,
    );
    return {
      value: found.map((note) => ({ ...toJson(note), excerpt: note.excerpt })),
      text: found.length === 0 ? 'Nothing of that is remembered.\n' : lines.join(''),
    };
  },
  edit: async (memory, args, { stdin, env }) => {
    const place = wordOf('edit', 'NAME', args);
    const before = memory.list().find((note) => note.place === place);
    const given = args.text === '-' ? await readAll(stdin) : args.text;
    const text = typeof given === 'string' ? given : inEditor(before?.text ?? '', basename(place), env);
    const note = await memory.change(place, USER, (now) => {
      if (now?.revision !== before?.revision)
        throw new CoworkError(
          'MEMORY_CHANGED',
          `${place} was changed while you edited it; nothing is changed.`,
        );
      return ended(text);
    });
    return { value: note === undefined ? null : toJson(note), text: `Kept as ${place}.\n` };
  },
  allow: async (memory, args, { home, stderr }) => {
    const waiting = memory.waiting();
    if (args.what === undefined) return allowAll(home, memory, waiting, stderr);
    const { place, revision, isAgreed } = memory.read(wordOf('allow', 'NAME', args));
    const asShown = typeof args.revision === 'string' ? args.revision : revision;
    const note = await memory.agree(place, asShown);
    const text = isAgreed ? `Agents see it already: ${place}.\n` : `Agreed: ${place}, for agents to see.\n`;
    return { value: toJson(note), text };
  },
  move: async (memory) => {
    const moved = await memory.move();
    const folder = join(memory.project ?? '', '.cowork', 'memory');
    const value = moved.map(({ name, to }) => ({ name: `project/${name}`, to: `project/${to}` }));
    if (moved.length === 0)
      return { value, text: `No note of ${memory.project} is in the home. New ones go to ${folder}.\n` };
    const lines = value.map(({ name, to }) =>
      name === to ? `${name}\n` : `${name}, as ${to}: the project has another one of that name\n`,
    );
    const text = `Moved to ${folder}, where whoever has the project reads them:\n${lines.join('')}`;
    return { value, text: plainText(text, { lines: true }) };
  },
  forget: async (memory, args) => {
    const note = memory.read(wordOf('forget', 'NAME', args));
    await memory.change(note.place, USER, () => null);
    return { value: toJson(note), text: `Forgotten: ${note.place} (${plainText(note.title)}).\n` };
  },
  export: async (memory) => {
    const notes = memory.list();
    const pages = notes.map(
      (note) => `<!-- ${note.place}, ${writer(note)}, ${note.updated} -->\n${ended(note.text)}`,
    );
    return {
      value: notes.map((note) => ({ ...toJson(note), text: note.text })),
      text: plainText(pages.join('\n'), { lines: true }),
    };
  },
};

/** Agrees to all that can be agreed to, as it is now; what can't be is said. */
async function allowAll(
  home: string,
  memory: Memory,
  waiting: readonly PlacedNote[],
  stderr: Surroundings['stderr'],
): Promise<{ value: unknown; text: string }> {
  const left = memory.project === null ? [] : await agreeToNotes(home, memory.project, waiting);
  for (const line of left) stderr.write(`${plainText(line)}\n`);
  const agreed = waiting.map(({ place }) => memory.read(place)).filter(({ isAgreed }) => isAgreed);
  const text =
    waiting.length === 0
      ? 'No note waits for your consent.\n'
      : agreed.map(({ place, title }) => `Agreed: ${place} (${plainText(title)})\n`).join('');
  return { value: agreed.map(toJson), text };
}

/** What a person has to know beside what they asked for. */
function hints(action: string, memory: Memory): string[] {
  if (action !== 'list' || memory.project === null) return [];
  const folder = join(memory.project, '.cowork');
  const obstacle = memory.obstacle();
  const waiting = memory.waiting().filter(({ problem }) => problem === null);
  const inHome = memory.list().filter(({ scope, where }) => scope === 'project' && where === 'home');
  return [
    ...(obstacle === undefined ? [] : [`Notes of the project are not in use: ${obstacle}`]),
    ...(waiting.length === 0 ? [] : [waitingNotes(waiting.length, folder)]),
    ...(inHome.length > 0 && isFolder(folder)
      ? [`${inHome.length} of the project are in the home, and not in ${folder}: cowork memory move`]
      : []),
  ];
}

const isFolder = (path: string): boolean =>
  lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true;

const NONE =
  'Nothing is remembered yet. Agents note what is of use next time; you can, too: `cowork memory edit user/NAME.md`.\n';

function projectOf(home: string, { project }: CommandArguments): string | null {
  if (typeof project !== 'string') return findProject(home, process.cwd());
  const path = resolve(project);
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return path;
  throw new CoworkError('USAGE', `There is no folder ${project}.`);
}

function wordOf(action: string, what: string, { what: given }: CommandArguments): string {
  if (typeof given === 'string' && given.trim() !== '') return given;
  throw new CoworkError('USAGE', `cowork memory ${action} needs ${what}.`, {
    hint: `cowork memory ${action} ${what}`,
  });
}

/** Lets a person change a copy; what stands there when the editor ends is the new text. */
function inEditor(text: string, name: string, env: NodeJS.ProcessEnv): string {
  const editor = env.VISUAL || env.EDITOR;
  if (!editor) {
    throw new CoworkError('USAGE', 'There is no editor: neither VISUAL nor EDITOR is set.', {
      hint: 'Set EDITOR, or give the text with --text (- for stdin).',
    });
  }
  const folder = mkdtempSync(join(tmpdir(), 'cowork-note-'));
  try {
    const file = join(folder, name);
    writeFileSync(file, text, { mode: 0o600 });
    // An editor may be a command with arguments; the shell reads it, and is given the file apart.
    const { status } = spawnSync('sh', ['-c', `${editor} "$1"`, 'sh', file], { stdio: 'inherit' });
    if (status !== 0) throw new CoworkError('USAGE', `The editor ended with ${status}; nothing is changed.`);
    return readFileSync(file, 'utf8');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function renderList(notes: readonly PlacedNote[]): string {
  const rows = notes.map((note) => [
    ...[note.place, `${note.bytes}`, note.updated.slice(0, 10), writer(note)],
    plainText(note.title).slice(0, 60),
  ]);
  return table(['NOTE', 'BYTES', 'WRITTEN', 'BY', 'TITLE'], rows);
}

function writer({ by, where, isAgreed, problem }: PlacedNote): string {
  if (problem !== null) return `no note: ${problem}`;
  if (!isAgreed) return 'waits for you';
  if (by === null) return where === 'home' ? 'you' : 'agreed to';
  return by.team === null ? 'you' : `${by.agent} (${by.team})`;
}

function toJson({ place, title, bytes, revision, updated, by, where, isAgreed, problem }: PlacedNote) {
  return { name: place, title, bytes, revision, updated, by, where, isAgreed, problem };
}

const ended = (text: string): string => (text.endsWith('\n') ? text : `${text}\n`);
