import {
  type AuthProvider,
  type FetchLike,
  SSEClientTransport,
  StreamableHTTPClientTransport,
  type Transport,
} from '@modelcontextprotocol/client';

/** Speaks with a server on the network: over streamable HTTP, or the old way over SSE. */
export function remoteTransport(of: {
  url: URL;
  isOld: boolean;
  headers: Record<string, string>;
  fetch: FetchLike;
  tokens: AuthProvider;
}): Transport {
  const { url, isOld, headers, fetch, tokens } = of;
  const options = { authProvider: tokens, fetch, requestInit: { headers } };
  return isOld ? new SSEClientTransport(url, options) : new StreamableHTTPClientTransport(url, options);
}
