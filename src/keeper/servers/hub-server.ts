import type { ServerConnection } from '../../extensions/servers/connection.ts';
import type { UsableServer } from '../../extensions/use/servers-of-team.ts';

/** A server of the agent with its connection. */
export interface HubServer {
  server: UsableServer;
  connection: ServerConnection;
}
