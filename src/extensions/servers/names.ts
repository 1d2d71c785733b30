/** Longest name of a tool that the Messages API takes. */
const NAME_MAX = 128;

/** How a model calls a tool of a server: `mcp__SERVER__TOOL`, in characters that the Messages API takes. */
export const toolName = (server: string, tool: string): string =>
  `mcp__${plain(server)}__${plain(tool)}`.slice(0, NAME_MAX);

/** The name of a server of a plugin among all others. */
export const pluginServerName = (plugin: string, server: string): string => `plugin_${plugin}_${server}`;

export const plain = (name: string): string => name.replaceAll(/[^A-Za-z0-9_-]/g, '_');
