import type { ServerTool } from '../../protocol/servers.ts';
import { toolName } from './names.ts';

/** Most tools of one server, and what of each is given to models, in characters. */
const TOOLS_MAX = 500;
const DESCRIPTION_MAX = 4_096;
const SCHEMA_MAX = 64 * 1024;
/** Names of inputs that the Messages API takes; one that it refuses would cost the agent every request. */
const INPUT_NAME = /^[a-zA-Z0-9_.-]{1,64}$/;

/** A tool as a server lists it: only what is looked at here. */
export interface ListedTool {
  name: string;
  title?: string | undefined;
  description?: string | undefined;
  inputSchema?: unknown;
  execution?: { taskSupport?: string | undefined } | undefined;
}

/** A tool that can be offered, with the name that its server knows it by. */
export interface OfferedTool extends ServerTool {
  ownName: string;
  /** Whether its server runs it as a task only. */
  isTask: boolean;
}

/** The tools of a server as models may have them, and why others may not. */
export function offerTools(
  server: string,
  listed: readonly ListedTool[],
): { tools: OfferedTool[]; leftOut: string[] } {
  const leftOut: string[] = [];
  const tools = new Map<string, OfferedTool>();
  for (const { name: ownName, title, description, inputSchema, execution } of listed.slice(0, TOOLS_MAX)) {
    const name = toolName(server, ownName);
    const schema = schemaOf(inputSchema);
    const why = typeof schema === 'string' ? schema : tools.has(name) ? 'its name is taken' : undefined;
    if (why !== undefined) {
      leftOut.push(`the tool ${JSON.stringify(ownName.slice(0, 100))} is left out: ${why}`);
      continue;
    }
    const said = description || title || '';
    tools.set(name, {
      ...{ name, ownName, description: said.slice(0, DESCRIPTION_MAX) },
      isTask: execution?.taskSupport === 'required',
      inputSchema: schema as ServerTool['inputSchema'], // no reason, so a schema
    });
  }
  if (listed.length > TOOLS_MAX) leftOut.push(`${listed.length - TOOLS_MAX} tools are left out: too many`);
  return { tools: [...tools.values()], leftOut };
}

/** The schema as the Messages API takes it, or why it can't. */
function schemaOf(given: unknown): ServerTool['inputSchema'] | string {
  if (given === undefined || given === null) return { type: 'object', properties: {} };
  if (typeof given !== 'object' || Array.isArray(given)) return 'its input is no schema';
  // The API refuses choices at the top: what they say is the server's to check.
  const { $schema: _, oneOf: __, anyOf: ___, allOf: ____, ...schema } = given as Record<string, unknown>;
  if (schema.type !== undefined && schema.type !== 'object') return 'its input is no object';
  const properties = schema.properties ?? {};
  if (typeof properties !== 'object' || properties === null || Array.isArray(properties))
    return 'its inputs are no object';
  const wrong = Object.keys(properties).find((name) => !INPUT_NAME.test(name));
  if (wrong !== undefined) return `the Messages API takes no input ${JSON.stringify(wrong.slice(0, 100))}`;
  if (JSON.stringify(schema).length > SCHEMA_MAX)
    return `its input takes over ${SCHEMA_MAX / 1024} KiB to say`;
  return { ...schema, type: 'object', properties };
}
