// What crosses the border between a machine and its keeper about MCP servers: shapes only, so that the guest's bundle stays small.

/** A tool of a server as the model is offered it. */
export interface ServerTool {
  /** `mcp__SERVER__TOOL`. */
  name: string;
  description: string;
  /** JSON Schema of an object. */
  inputSchema: { type: 'object'; [keyword: string]: unknown };
}

/** What an agent has of its servers at a moment; told whole whenever it changes. */
export interface ServersOffer {
  tools: ServerTool[];
  /** Whether each server has come up or failed once. */
  isSettled: boolean;
}

/** A server that the guest is to run. */
export interface ServerStart {
  /** Names its pipe: a POST to `/mcp/PIPE` carries its stdout, the answer its stdin. */
  pipe: string;
  command: string;
  args: string[];
  env: Record<string, string>;
  /** Folder for data of its plugin, made when it is not there; empty for none. */
  data: string;
}

/** Where the bytes of a server go, before the name of its pipe. */
export const PIPE_PATH = '/mcp/';

/** Variables that mean the machine's own, not the host's. */
export const GUEST_VARIABLES = ['HOME', 'PATH', 'USER', 'PWD', 'SHELL', 'TMPDIR'] as const;

export type AnswerBlock =
  | { type: 'text'; text: string }
  | { type: 'image'; source: { type: 'base64'; media_type: ImageType; data: string } };

export const IMAGE_TYPES = ['image/png', 'image/jpeg', 'image/gif', 'image/webp'] as const;
export type ImageType = (typeof IMAGE_TYPES)[number];

/** What came of a call. */
export interface CallAnswer {
  content: AnswerBlock[];
  isError: boolean;
  /** What the agent has from now on, when the call has changed that. */
  offer?: ServersOffer;
}

/** What a keeper tells its guest about servers. */
export type ServerEvent =
  | { type: 'servers'; offer: ServersOffer }
  | { type: 'serve'; server: ServerStart }
  /** A line for the pane. */
  | { type: 'server-says'; text: string; isTrouble: boolean }
  /** A server asks the agent's model; the answer goes to `/agent/server-asked`. */
  | { type: 'server-asks'; id: string; prompt: string };
