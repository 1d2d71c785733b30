import http from 'node:http';
import https from 'node:https';
import { text } from 'node:stream/consumers';

/** Asks for a URL through a proxy as Node's own clients do, and gives what came: the body, or the error's message. */
export async function browse(
  proxyUrl: string,
  url: string,
  { headers = {}, body }: { headers?: http.OutgoingHttpHeaders; body?: string } = {},
): Promise<string> {
  const proxyEnv = { HTTP_PROXY: proxyUrl, HTTPS_PROXY: proxyUrl };
  const isSecure = url.startsWith('https:');
  const agent = isSecure ? new https.Agent({ proxyEnv }) : new http.Agent({ proxyEnv });
  const method = body === undefined ? 'GET' : 'POST';
  const { promise, resolve, reject } = Promise.withResolvers<http.IncomingMessage>();
  const options = { agent, method, headers, rejectUnauthorized: false };
  const request = isSecure ? https.request(url, options, resolve) : http.request(url, options, resolve);
  request.once('error', reject).end(body);
  try {
    return await text(await promise);
  } catch (error) {
    return `error: ${(error as Error).message}`; // Node's clients throw nothing else
  } finally {
    agent.destroy();
  }
}
