import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode } from '../../store/folders.ts';
import { withLock } from '../../store/lock.ts';
import { replaceFile } from '../../store/replace-file.ts';
import type { Components } from '../load/components.ts';
import type { McpServer } from '../load/mcp-servers.ts';
import type { PluginOption } from '../load/options.ts';

/**
 * What a team was launched with. The agents of a team all have the same, also after `cowork plugin update` and after a
 * resume: contents are named by their checksum, and the list of what they bring is made once.
 */
export interface TeamExtensions {
  v: 1;
  sources: ExtensionSource[];
  /** MCP servers that are of no plugin; teams made before this have none. */
  servers?: TeamServer[];
}

/** A server of the user, or of the project that the team was launched in. */
export interface TeamServer extends McpServer {
  scope: 'user' | 'project';
  isAgreed: boolean;
  /** Of one of a project: what consent to it names. */
  checksum?: string;
}

/** A plugin, or a folder of skills. */
export interface ExtensionSource extends Components {
  /** Name of the plugin; null for a folder of skills, whose skills have no prefix. */
  plugin: string | null;
  /** Its folder below `/plugins` in a machine. */
  folder: string;
  version: string;
  /** Where its files are in the store. */
  checksum: string;
  scope: 'user' | 'project' | 'team';
  /** Whether what it brings may run. */
  isAgreed: boolean;
  /** What a plugin asks its user for, and under which name the answers are kept; teams made before this have neither. */
  options?: { id: string; list: PluginOption[] };
}

export const NONE: TeamExtensions = { v: 1, sources: [] };

export const extensionsFile = (teamFolder: string): string => join(teamFolder, 'extensions.json');

/** What the team in this folder was launched with. */
export function readTeamExtensions(teamFolder: string): TeamExtensions {
  try {
    // Written by `writeTeamExtensions`; the file is 0600 and ours.
    return JSON.parse(readFileSync(extensionsFile(teamFolder), 'utf8')) as TeamExtensions;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return NONE;
    throw error;
  }
}

export async function writeTeamExtensions(teamFolder: string, extensions: TeamExtensions): Promise<void> {
  await replaceFile(extensionsFile(teamFolder), `${JSON.stringify(extensions)}\n`);
}

/** Lets the agents of a team use the server of its project that a checksum names. Undefined when it has none, or has it already. */
export async function agreeForTeam(teamFolder: string, checksum: string): Promise<TeamServer | undefined> {
  return withLock(extensionsFile(teamFolder), async (lock) => {
    const now = readTeamExtensions(teamFolder);
    const found = now.servers?.find((server) => server.checksum === checksum && !server.isAgreed);
    if (found === undefined) return undefined;
    const servers = now.servers?.map((server) => (server === found ? { ...server, isAgreed: true } : server));
    lock.assertHeld();
    await writeTeamExtensions(teamFolder, { ...now, ...(servers === undefined ? {} : { servers }) });
    return found;
  });
}

/** Checksums of all contents that teams were launched with: these stay in the store. */
export function checksumsOfTeams(home: string): string[] {
  const teams = join(home, 'teams');
  if (!existsSync(teams)) return [];
  return readdirSync(teams).flatMap((name) => {
    try {
      return readTeamExtensions(join(teams, name)).sources.map(({ checksum }) => checksum);
    } catch {
      return []; // no folder of a team, or one that is being made
    }
  });
}
