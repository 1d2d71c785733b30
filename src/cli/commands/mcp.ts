import { once } from 'node:events';
import type { CommandModule } from '../command.ts';

/** Serves cowork to an MCP client over stdin and stdout, until the client closes them. */
export const run: CommandModule['run'] = async (args, { env, stdin }) => {
  const [{ serveStdio }, { createServer }] = await Promise.all([
    import('@modelcontextprotocol/server/stdio'),
    import('../mcp/server.ts'),
  ]);
  const handle = serveStdio(() => createServer({ env, isReadOnly: args.readOnly === true }));
  await Promise.race([
    once(stdin, 'end'),
    once(stdin, 'close'),
    once(process, 'SIGINT'),
    once(process, 'SIGTERM'),
  ]);
  await handle.close();
};
