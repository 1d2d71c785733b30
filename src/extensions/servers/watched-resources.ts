import type { Client } from '@modelcontextprotocol/client';

/** Most resources of a server that are watched in a life of its connection. */
const WATCHED_MAX = 50;
/** How long a server may take to agree to it, milliseconds. */
const AGREE_MS = 30_000;

/** Has a server tell when what was read of it changes, where it can; never throws, as nothing else depends on it. */
export function watchResources(
  client: Client,
  onUpdated: (uri: string) => void,
): (uri: string) => Promise<void> {
  const watched = new Set<string>();
  client.setNotificationHandler('notifications/resources/updated', ({ params: { uri } }) => {
    if (watched.has(uri)) onUpdated(uri);
  });
  return async (uri) => {
    if (client.getServerCapabilities()?.resources?.subscribe !== true) return;
    if (watched.has(uri) || watched.size >= WATCHED_MAX) return;
    watched.add(uri);
    const options = { timeout: AGREE_MS };
    try {
      // Revisions before 2026 take a request for each; later ones a stream, which ends with the connection.
      if (client.getProtocolEra() === 'modern')
        await client.listen({ resourceSubscriptions: [uri] }, options);
      else await client.subscribeResource({ uri }, options);
    } catch {
      watched.delete(uri);
    }
  };
}
