import { readdirSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import type { AgentDefinition } from '../protocol/gate.ts';
import { definitionIn } from './definition-in-file.ts';

/** What agents are told by files: instructions for a folder or by the user, and kinds of helpers. */
export interface Notes {
  /** Each with where an agent finds it. */
  instructions: { path: string; text: string }[];
  agents: AgentDefinition[];
}

/** A folder in which notes may stand: where it is on the host, and where agents see it; null when they do not. */
interface NotesFolder {
  root: string;
  shown: string | null;
}

const INSTRUCTIONS = ['COWORK.md', 'AGENTS.md', 'CLAUDE.md'];
const DEFINITIONS = [join('.cowork', 'agents'), join('.claude', 'agents')];
/** Most bytes of one file, of all instructions together, and how deep an import may import. */
const FILE_MAX = 64 * 1024;
const ALL_MAX = 128 * 1024;
const DEPTH_MAX = 4;
const DEFINITIONS_MAX = 50;

/**
 * Reads the notes of the user (in `home`) and of the granted folders. Nothing outside a folder is read, whatever links and
 * imports say: a folder is the agents' to write in, and its notes must not bring them the host's files.
 */
export function readNotes(home: string, grants: readonly { path: string; shown: string }[]): Notes {
  const folders: NotesFolder[] = [
    { root: home, shown: null },
    ...grants.map(({ path, shown }) => ({ root: path, shown })),
  ];
  let left = ALL_MAX;
  const instructions = folders.flatMap(({ root, shown }) =>
    INSTRUCTIONS.flatMap((name) => {
      const text = withImports(root, name, 0)?.slice(0, left);
      if (text === undefined || text.trim() === '') return [];
      left -= text.length;
      return [{ path: shown === null ? name : `${shown}/${name}`, text }];
    }),
  );
  const agents = folders
    .flatMap(({ root, shown }) =>
      (shown === null ? ['agents'] : DEFINITIONS).flatMap((folder) => definitionsIn(root, folder)),
    )
    .slice(0, DEFINITIONS_MAX);
  return { instructions, agents };
}

/** The text of a file inside `root` with each line `@path` replaced by that file, or undefined when it is not there. */
function withImports(root: string, file: string, depth: number): string | undefined {
  const text = readInside(root, file);
  if (text === undefined || depth >= DEPTH_MAX) return text;
  return text.replaceAll(/^@(\S+)$/gm, (line, path: string) => {
    const imported = withImports(root, relative(root, resolve(root, dirname(file), path)), depth + 1);
    return imported ?? `${line} (not read: not there, too large, or outside of the folder)`;
  });
}

function readInside(root: string, file: string): string | undefined {
  try {
    const base = realpathSync(root);
    const path = realpathSync(join(base, file));
    if (!path.startsWith(base + sep)) return undefined;
    const text = readFileSync(path, 'utf8');
    return text.length > FILE_MAX ? undefined : text;
  } catch {
    return undefined; // not there, no file, or not ours to read: there is nothing to say
  }
}

function definitionsIn(root: string, folder: string): AgentDefinition[] {
  let names: string[];
  try {
    names = readdirSync(join(root, folder));
  } catch {
    return []; // most folders have none
  }
  return names
    .filter((name) => name.endsWith('.md'))
    .sort()
    .flatMap((name) => definitionIn(readInside(root, join(folder, name)) ?? '') ?? []);
}
