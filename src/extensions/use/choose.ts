import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { CoworkError } from '../../protocol/errors.ts';
import { listConnectors } from '../connectors/records.ts';
import { createNotes, type Finding } from '../finding.ts';
import { loadInstalled, unsetFindings } from '../install/installed.ts';
import { optionsId } from '../install/options.ts';
import { type PluginRecord, readPluginRecords, sweep } from '../install/records.ts';
import { contentFolder, putTree } from '../install/store.ts';
import { NO_COMPONENTS, type Skill } from '../load/components.ts';
import { readSkill, skillFiles, takeHooks } from '../load/skills.ts';
import { readTree } from '../load/tree.ts';
import {
  type ExtensionSource,
  type TeamExtensions,
  type TeamServer,
  writeTeamExtensions,
} from './team-extensions.ts';

/** Something that a team goes without, or has only in part. */
export interface ExtensionNote extends Finding {
  plugin: string;
}

/** Folders of skills of the user's own, below their home; ours first. */
const SKILL_FOLDERS = [
  { folder: '~claude', path: '.claude/skills' },
  { folder: '~agents', path: '.agents/skills' },
];

/**
 * What a team of this user, launched in `cwd`, has: their plugins, those of the project, those of the team, and skills of
 * their own. `named` plugins come in any case; of others those that are on by default. One name counts once: team, then
 * project, then user.
 */
export function chooseExtensions(of: {
  home: string;
  env: NodeJS.ProcessEnv;
  cwd: string;
  team: string;
  named: readonly string[];
}): { extensions: TeamExtensions; notes: ExtensionNote[] } {
  const { home, named } = of;
  const notes: ExtensionNote[] = [];
  const sources = ownSkills(of.home, of.env, notes);
  for (const record of recordsFor(of)) {
    const { plugin, isAgreed } = loadInstalled(home, record);
    if (!plugin.defaultEnabled && !named.includes(record.name)) continue;
    if (plugin.state === 'refused') {
      const reason = plugin.findings.find(({ severity }) => severity === 'error')?.reason ?? 'it is refused';
      notes.push({ plugin: record.name, severity: 'error', file: '.', reason });
      continue;
    }
    const waiting = plugin.findings.find(({ reason }) => reason.includes('wait for your consent'));
    if (!isAgreed && waiting !== undefined) notes.push({ ...waiting, plugin: record.name });
    for (const unset of unsetFindings(home, record, plugin)) notes.push({ ...unset, plugin: record.name });
    const id = optionsId(record);
    sources.push({
      ...plugin.components,
      plugin: record.name,
      folder: record.name,
      version: record.version,
      checksum: record.checksum,
      scope: record.scope,
      isAgreed,
      ...(plugin.options.length === 0 ? {} : { options: { id, list: plugin.options } }),
    });
  }
  const servers = ownServers(home, of.cwd, notes);
  return { extensions: { v: 1, sources, ...(servers.length === 0 ? {} : { servers }) }, notes };
}

/** MCP servers of the project and of the user; what the team goes without is said. */
function ownServers(home: string, cwd: string, notes: ExtensionNote[]): TeamServer[] {
  const { connectors, findings } = listConnectors(home, cwd);
  for (const finding of findings) notes.push({ ...finding, plugin: 'connectors' });
  return connectors.map(({ path, ...server }) => {
    if (!server.isAgreed) {
      const reason = `the server ${server.name} waits for your consent: cowork connector allow ${server.name}`;
      notes.push({ plugin: 'connectors', severity: 'warning', file: path, reason });
    }
    return server;
  });
}

/** Takes over what was added for a running team since; its agents have it from their next start on. */
export async function refreshTeam(of: {
  home: string;
  env: NodeJS.ProcessEnv;
  team: string;
  before: TeamExtensions;
  dir: string;
}): Promise<void> {
  const { home, team, before, dir } = of;
  const records = readPluginRecords(home).records.filter(
    ({ scope, where }) => scope === 'team' && where === team,
  );
  const fresh = chooseExtensions({ ...of, cwd: '/', named: records.map(({ name }) => name) });
  const ofTeam = fresh.extensions.sources.filter(({ scope }) => scope === 'team');
  const names = new Set(ofTeam.map(({ plugin }) => plugin));
  const kept = before.sources.filter(({ scope, plugin }) => scope !== 'team' && !names.has(plugin));
  await writeTeamExtensions(dir, { ...before, sources: [...kept, ...ofTeam] });
  sweep(home);
}

const SCOPES = ['team', 'project', 'user'];

function recordsFor(of: { home: string; cwd: string; team: string }): PluginRecord[] {
  const place = { user: null, project: of.cwd, team: of.team };
  const mine = readPluginRecords(of.home).records.filter(({ scope, where }) => where === place[scope]);
  mine.sort((a, b) => SCOPES.indexOf(a.scope) - SCOPES.indexOf(b.scope));
  const first = new Map<string, PluginRecord>();
  for (const record of mine) if (!first.has(record.name)) first.set(record.name, record);
  return [...first.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The user's own folders of skills, kept in the store as they are now; one that can't be kept is named. */
function ownSkills(home: string, env: NodeJS.ProcessEnv, notes: ExtensionNote[]): ExtensionSource[] {
  const user = env.HOME ?? homedir();
  const folders = [
    { folder: '~cowork', path: join(home, 'skills') },
    ...SKILL_FOLDERS.map(({ folder, path }) => ({ folder, path: join(user, path) })),
  ];
  const taken = new Set<string>();
  return folders.flatMap(({ folder, path }): ExtensionSource[] => {
    const found = createNotes();
    const tree = readTree(path, found);
    // Most people have none: no folder is nothing to say.
    if (tree.files.size === 0) return [];
    const refused = found.findings.find(({ severity }) => severity === 'error');
    const { skills, hooks } = takeHooks(skillsOf(tree, found).filter(({ name }) => !taken.has(name)));
    for (const finding of found.findings) notes.push({ ...finding, plugin: path });
    if (refused !== undefined || skills.length === 0) return [];
    for (const { name } of skills) taken.add(name);
    const checksum = putTree(home, tree);
    return [
      {
        ...NO_COMPONENTS,
        skills,
        hooks,
        plugin: null,
        folder,
        version: '',
        checksum,
        scope: 'user',
        isAgreed: true,
      },
    ];
  });
}

function skillsOf(tree: Parameters<typeof skillFiles>[0], notes: ReturnType<typeof createNotes>): Skill[] {
  return skillFiles(tree, '').flatMap((path) => {
    const name = path.split('/').at(-2);
    return name === undefined ? [] : (readSkill(tree, { path, name, kind: 'skill' }, notes) ?? []);
  });
}

/** Throws PLUGIN_REFUSED when a content that a team is to have was removed from the store just now. */
export function assertStored(home: string, { sources }: TeamExtensions): void {
  const missing = sources.find(({ checksum }) => !existsSync(contentFolder(home, checksum)));
  if (missing === undefined) return;
  throw new CoworkError(
    'PLUGIN_REFUSED',
    `The files of ${missing.plugin ?? missing.folder} were just removed.`,
    {
      hint: 'Launch again.',
    },
  );
}
