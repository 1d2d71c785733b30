import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CoworkError } from '../../protocol/errors.ts';
import { nearestName } from '../../protocol/names.ts';
import { errorCode, makeFolder } from '../../store/folders.ts';
import { withLock } from '../../store/lock.ts';
import { replaceFile } from '../../store/replace-file.ts';
import { createNotes, type Finding } from '../finding.ts';
import { isObject, parseJson } from '../format/text.ts';
import { type McpServer, readMcpServers } from '../load/mcp-servers.ts';
import { sha256 } from '../load/tree.ts';
import type { TeamServer } from '../use/team-extensions.ts';

/** What the user has of MCP servers that are of no plugin: `connectors.json` in the home. */
interface ConnectorsFile {
  v: 1;
  /** By name, as `.mcp.json` has them. */
  servers: Record<string, unknown>;
  /** Checksums of servers of projects that the user has agreed to. */
  agreed: string[];
}

const fileOf = (home: string): string => join(home, 'connectors.json');
/** The file of a project, in the folder that a team is launched in. */
const PROJECT_FILE = '.mcp.json';
const FILE_MAX = 1024 * 1024;

/** A server of the user or of a project, as people see it. */
export interface Connector extends TeamServer {
  /** The file that it stands in. */
  path: string;
}

/** All connectors of the user and of the project in `cwd`, and what is wrong with their files. Those of the project come first. */
export function listConnectors(home: string, cwd: string): { connectors: Connector[]; findings: Finding[] } {
  const notes = createNotes();
  const { servers, agreed } = read(home);
  const path = join(cwd, PROJECT_FILE);
  const ofProject = readProject(path, notes).map((server): Connector => {
    const checksum = checksumOf(cwd, server);
    return { ...server, path, scope: 'project', isAgreed: agreed.includes(checksum), checksum };
  });
  const ofUser = readMcpServers(servers, fileOf(home), notes, { mayHelp: true }).map(
    (server): Connector => ({ ...server, path: fileOf(home), scope: 'user', isAgreed: true }),
  );
  return { connectors: [...ofProject, ...ofUser], findings: notes.findings };
}

/** Adds a server of the user's own. Throws CONNECTOR_INVALID when it can't be one, or its name is taken. */
export async function addConnector(
  home: string,
  name: string,
  server: Record<string, unknown>,
): Promise<void> {
  if (!/^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/.test(name))
    throw new CoworkError('CONNECTOR_INVALID', `${JSON.stringify(name)} is no name of a connector.`, {
      hint: 'Use 1 to 63 letters, digits, - and _.',
    });
  const notes = createNotes();
  const [read] = readMcpServers({ [name]: server }, '.', notes, { mayHelp: true });
  if (read === undefined || !read.isConfigured)
    throw new CoworkError('CONNECTOR_INVALID', notes.findings[0]?.reason ?? 'It names no server.');
  await change(home, (file) => {
    if (Object.hasOwn(file.servers, name))
      throw new CoworkError('CONNECTOR_INVALID', `There is a connector "${name}" already.`, {
        hint: `Remove it first: cowork connector remove ${name}.`,
      });
    return { ...file, servers: { ...file.servers, [name]: server } };
  });
}

/** Throws CONNECTOR_UNKNOWN. */
export async function removeConnector(home: string, name: string): Promise<void> {
  await change(home, (file) => {
    if (!Object.hasOwn(file.servers, name)) throw unknown(name, Object.keys(file.servers));
    const { [name]: _, ...servers } = file.servers;
    return { ...file, servers };
  });
}

/** Agrees to a server of the project in `cwd`, as it is now. Throws CONNECTOR_UNKNOWN. */
export async function allowConnector(home: string, cwd: string, name: string): Promise<Connector> {
  const ofProject = listConnectors(home, cwd).connectors.filter(({ scope }) => scope === 'project');
  const found = ofProject.find((server) => server.name === name);
  if (found === undefined)
    throw unknown(
      name,
      ofProject.map((server) => server.name),
    );
  await agreeToServer(home, checksumOf(cwd, found));
  return { ...found, isAgreed: true };
}

/** Agrees to exactly the server that this checksum names, in its project. */
export async function agreeToServer(home: string, checksum: string): Promise<void> {
  await change(home, (file) => ({ ...file, agreed: [...new Set([...file.agreed, checksum])] }));
}

/** One connector by its name. Throws CONNECTOR_UNKNOWN with the nearest. */
export function findConnector(home: string, cwd: string, name: string): Connector {
  const { connectors } = listConnectors(home, cwd);
  const found = connectors.find((each) => each.name === name);
  if (found !== undefined) return found;
  throw unknown(
    name,
    connectors.map((each) => each.name),
  );
}

function unknown(name: string, names: readonly string[]): CoworkError {
  const nearest = nearestName(name, names);
  return new CoworkError('CONNECTOR_UNKNOWN', `There is no connector ${JSON.stringify(name)}.`, {
    ...(nearest === undefined ? {} : { hint: `Did you mean ${nearest}?` }),
  });
}

/** Consent is to this server of this folder, and to nothing else of it. */
function checksumOf(cwd: string, server: McpServer): string {
  const { name, type, command, args, env, url, headers, timeoutMs, oauth } = server;
  return sha256(JSON.stringify([cwd, name, type, command, args, env, url, headers, timeoutMs, oauth]));
}

function readProject(path: string, notes: ReturnType<typeof createNotes>): McpServer[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') notes.warn(path, `can't be read: ${String(error)}`);
    return [];
  }
  if (text.length > FILE_MAX) {
    notes.warn(path, `is over ${FILE_MAX / 1024} KiB and was left out`);
    return [];
  }
  const parsed = parseJson(text);
  if ('value' in parsed) return readMcpServers(parsed.value, path, notes);
  notes.warn(path, `${parsed.reason}; it was left out`);
  return [];
}

function read(home: string): ConnectorsFile {
  try {
    const file: unknown = JSON.parse(readFileSync(fileOf(home), 'utf8'));
    if (!isObject(file) || !isObject(file.servers)) throw new Error('it is no list of connectors');
    // Written by `change` below; the file is 0600 and ours.
    return { v: 1, servers: file.servers, agreed: Array.isArray(file.agreed) ? file.agreed.map(String) : [] };
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return { v: 1, servers: {}, agreed: [] };
    const why = error instanceof Error ? error.message : String(error);
    throw new CoworkError('CONNECTOR_INVALID', `${fileOf(home)} can't be read: ${why}.`, { cause: error });
  }
}

async function change(home: string, how: (file: ConnectorsFile) => ConnectorsFile): Promise<void> {
  makeFolder(home);
  await withLock(fileOf(home), async (lock) => {
    const changed = how(read(home));
    lock.assertHeld();
    await replaceFile(fileOf(home), `${JSON.stringify(changed, null, 2)}\n`);
  });
}
