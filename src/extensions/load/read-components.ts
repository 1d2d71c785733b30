import { basename } from 'node:path';
import type { Notes } from '../finding.ts';
import type { Manifest } from '../format/manifest.ts';
import { pathBelow } from '../format/paths.ts';
import { isObject, parseJson } from '../format/text.ts';
import { readAgent } from './agents.ts';
import type { Components, Skill } from './components.ts';
import { readHooks } from './hooks.ts';
import { readMcpServers } from './mcp-servers.ts';
import { markdownFiles, readSkill, skillFiles, takeHooks } from './skills.ts';
import { readTreeText, type Tree } from './tree.ts';

/** Reads everything that a plugin brings, from the usual places and from those that its manifest names. */
export function readComponents(tree: Tree, manifest: Manifest, file: string, notes: Notes): Components {
  nameUnused(tree, manifest, file, notes);
  const skills = takeHooks(readSkills(tree, manifest, file, notes));
  const commands = takeHooks(readCommands(tree, manifest, file, notes));
  const table = readTables(tree, manifest.hooks, 'hooks', ['hooks/hooks.json'], file, notes, readHooks);
  return {
    skills: skills.skills,
    commands: commands.skills,
    agents: unique(
      pathsOf(tree, manifest.agents, 'agents', 'agents', file, notes)
        .flatMap((path) => markdownFiles(tree, path, notes))
        .flatMap((path) => readAgent(tree, path, notes) ?? []),
      notes,
    ),
    hooks: [...table, ...skills.hooks, ...commands.hooks],
    mcpServers: unique(
      readTables(tree, manifest.mcpServers, 'mcpServers', ['.mcp.json'], file, notes, readMcpServers),
      notes,
    ),
    programs: [...tree.files]
      .filter(([path, each]) => /^bin\/[^/]+$/.test(path) && each.isExecutable)
      .map(([path]) => path),
  };
}

/** The folder skills/, what the manifest adds, or a single SKILL.md at the root. */
function readSkills(tree: Tree, manifest: Manifest, file: string, notes: Notes): Skill[] {
  const added =
    manifest.skills === undefined ? [] : pathsOf(tree, manifest.skills, 'skills', '', file, notes);
  const paths = [...new Set(['skills', ...added].flatMap((folder) => skillFiles(tree, folder)))];
  if (paths.length === 0 && tree.files.has('SKILL.md')) paths.push('SKILL.md');
  const skills = paths.flatMap((path) => {
    const folder = path.split('/').at(-2) ?? manifest.name ?? basename(tree.root);
    return readSkill(tree, { path, name: folder, kind: 'skill' }, notes) ?? [];
  });
  return unique(skills, notes);
}

function readCommands(tree: Tree, manifest: Manifest, file: string, notes: Notes): Skill[] {
  const table = isObject(manifest.commands) ? Object.entries(manifest.commands) : [];
  const tabled = table.flatMap(([name, entry]) => {
    const source = isObject(entry) && typeof entry.source === 'string' ? entry.source : undefined;
    if (source === undefined) {
      notes.warn(file, `the command ${JSON.stringify(name)} names no "source" and was left out`);
      return [];
    }
    const path = pathBelow(source, file, notes, 'commands');
    if (path === undefined || !tree.files.has(path)) {
      if (path !== undefined)
        notes.warn(file, `the command ${JSON.stringify(name)} is at ${path}, which is not there`);
      return [];
    }
    return readSkill(tree, { path, name, kind: 'command' }, notes) ?? [];
  });
  const given = table.length > 0 ? [] : pathsOf(tree, manifest.commands, 'commands', 'commands', file, notes);
  const listed = given.flatMap((folder) =>
    markdownFiles(tree, folder, notes).flatMap((path) => {
      const below = tree.files.has(folder)
        ? (path.split('/').at(-1) ?? '')
        : path.slice(folder.length + (folder === '' ? 0 : 1));
      const name = below.replace(/\.md$/i, '').replaceAll('/', ':');
      return readSkill(tree, { path, name, kind: 'command' }, notes) ?? [];
    }),
  );
  return unique([...tabled, ...listed], notes);
}

/** The paths of a field, else the usual folder; what is not there is named. */
function pathsOf(
  tree: Tree,
  given: unknown,
  field: string,
  usual: string,
  file: string,
  notes: Notes,
): string[] {
  if (given === undefined) return [usual];
  return (Array.isArray(given) ? given : [given]).flatMap((each) => {
    if (typeof each !== 'string') return [];
    if (/^https?:\/\//i.test(each)) {
      notes.warn(
        file,
        `"${field}" names ${JSON.stringify(each)}: what lies at an address is not fetched by cowork`,
      );
      return [];
    }
    const path = pathBelow(each, file, notes, field);
    if (path === undefined) return [];
    if (
      path !== '' &&
      !tree.files.has(path) &&
      ![...tree.files.keys()].some((name) => name.startsWith(`${path}/`))
    ) {
      notes.warn(file, `"${field}" names ${JSON.stringify(each)}, which is not there`);
      return [];
    }
    return [path];
  });
}

/** Tables of JSON (hooks, servers): the usual file, those that the manifest names, and what stands in it; all together. */
function readTables<Item>(
  tree: Tree,
  given: unknown,
  field: string,
  usual: readonly string[],
  file: string,
  notes: Notes,
  read: (value: unknown, file: string, notes: Notes) => Item[],
): Item[] {
  const parts: unknown[] =
    given === undefined
      ? []
      : isObject(given) || typeof given === 'string'
        ? [given]
        : Array.isArray(given)
          ? given
          : [];
  const named = parts.flatMap((part) =>
    typeof part === 'string' ? pathsOf(tree, part, field, '', file, notes) : [],
  );
  const files = [...new Set([...usual.filter((path) => tree.files.has(path)), ...named])].flatMap((path) => {
    if (/\.(mcpb|dxt)$/i.test(path)) {
      notes.warn(path, 'bundles of servers are not used by cowork; it was left out');
      return [];
    }
    const text = readTreeText(tree, path, notes);
    if (text === undefined) return [];
    const parsed = parseJson(text);
    if ('value' in parsed) return read(parsed.value, path, notes);
    notes.warn(path, `${parsed.reason}; it was left out`);
    return [];
  });
  return [...files, ...parts.flatMap((part) => (typeof part === 'string' ? [] : read(part, file, notes)))];
}

/** Says what is there and not used: silence would look like a promise. */
function nameUnused(tree: Tree, manifest: Manifest, file: string, notes: Notes): void {
  const folders: [string, string][] = [
    ['.lsp.json', 'language servers'],
    ['settings.json', 'settings of a plugin'],
    ['output-styles/', 'output styles'],
    ['workflows/', 'workflows'],
    ['monitors/', 'monitors'],
    ['themes/', 'themes'],
  ];
  for (const [path, what] of folders) {
    const isThere = path.endsWith('/')
      ? [...tree.files.keys()].some((name) => name.startsWith(path))
      : tree.files.has(path);
    if (isThere) notes.warn(path, `${what} are not used by cowork`);
  }
  for (const field of ['lspServers', 'outputStyles', 'workflows', 'channels', 'experimental'] as const) {
    const more = field === 'channels' ? ': write to agents with `cowork send`' : '';
    if (manifest[field] !== undefined) notes.warn(file, `"${field}" is not used by cowork${more}`);
  }
}

/** The first of each name; later ones are named and left out. */
function unique<Item extends { name: string; file: string }>(items: readonly Item[], notes: Notes): Item[] {
  const seen = new Map<string, Item>();
  for (const item of items) {
    const first = seen.get(item.name);
    if (first === undefined) seen.set(item.name, item);
    else notes.warn(item.file, `its name "${item.name}" is taken by ${first.file}; it was left out`);
  }
  return [...seen.values()];
}
