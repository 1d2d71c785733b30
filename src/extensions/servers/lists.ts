import type { Client } from '@modelcontextprotocol/client';
import { type OfferedTool, offerTools } from './tools.ts';

/** `login`, `unset`: it wants a login, or a value, that only the user can give. */
export type ServerState = 'starting' | 'ready' | 'login' | 'unset' | 'failed' | 'ended';

/** A prompt of a server, as a person calls it. */
export interface ServerPrompt {
  name: string;
  description: string;
  arguments: { name: string; description: string; isRequired: boolean }[];
}

export interface ServerResource {
  uri: string;
  name: string;
  description: string;
}

/** What a server has at a moment, and how it fares. */
export interface ServerView {
  state: ServerState;
  /** Why it is in this state; what is left out of its tools. */
  reason: string;
  tools: OfferedTool[];
  prompts: ServerPrompt[];
  resources: ServerResource[];
  /** What it says of itself, cut. */
  instructions: string;
  /** Revision of the protocol that is spoken with it. */
  protocol: string;
}

const INSTRUCTIONS_MAX = 2_000;
/** Most prompts, resources and parts of an answer that are taken of one server. */
export const LISTED_MAX = 500;

/** Everything that a server lists. */
export async function listsOf(
  name: string,
  client: Client,
  timeout: number,
): Promise<Omit<ServerView, 'state' | 'reason'> & { leftOut: string[] }> {
  const can = client.getServerCapabilities() ?? {};
  const { tools, leftOut } = offerTools(
    name,
    can.tools ? (await client.listTools(undefined, { timeout })).tools : [],
  );
  const prompts = can.prompts ? (await client.listPrompts(undefined, { timeout })).prompts : [];
  const resources = can.resources ? (await client.listResources(undefined, { timeout })).resources : [];
  return {
    leftOut,
    tools,
    prompts: prompts.slice(0, LISTED_MAX).map((prompt) => ({
      name: prompt.name,
      description: (prompt.description ?? '').slice(0, 1_000),
      arguments: (prompt.arguments ?? []).slice(0, 50).map((argument) => ({
        name: argument.name,
        description: (argument.description ?? '').slice(0, 300),
        isRequired: argument.required === true,
      })),
    })),
    resources: resources.slice(0, LISTED_MAX).map((resource) => ({
      uri: resource.uri.slice(0, 1_000),
      name: resource.name.slice(0, 200),
      description: (resource.description ?? '').slice(0, 300),
    })),
    instructions: (client.getInstructions() ?? '').slice(0, INSTRUCTIONS_MAX),
    protocol: client.getNegotiatedProtocolVersion() ?? '',
  };
}
