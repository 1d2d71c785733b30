// A service with a login: an MCP server of the SDK behind an authorization server of OAuth 2.1, on loopback.
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';

export interface Service {
  /** Of its MCP server. */
  url: string;
  /** All tokens that it ever gave. */
  tokens: string[];
  /** What was asked of its authorization server, as `METHOD /path`. */
  asked: string[];
  /** Access tokens count no more; renewing them gives others, once each. */
  expire(): void;
  /** Somebody has typed the code of a device. */
  approveDevice(): void;
}

export async function serveWithLogin(atEnd: (work: () => void) => void): Promise<Service> {
  const valid = new Set<string>();
  const renewals = new Set<string>();
  const codes = new Map<string, { challenge: string; redirect: string; client: string; resource: string }>();
  const clients = new Map<string, string[]>();
  let isApproved = false;
  const service: Service = {
    ...{ url: '', tokens: [], asked: [] },
    expire: () => valid.clear(),
    approveDevice: () => {
      isApproved = true;
    },
  };
  const handler = createMcpHandler(() => {
    const server = new McpServer({ name: 'service', version: '1.0.0' });
    server.registerTool(
      'add',
      { description: 'Adds two numbers', inputSchema: z.object({ a: z.number(), b: z.number() }) },
      async ({ a, b }) => ({ content: [{ type: 'text', text: `the sum is ${a + b}` }] }),
    );
    return server;
  });
  const grant = (): object => {
    const [access, renew] = [randomBytes(16).toString('hex'), randomBytes(16).toString('hex')];
    valid.add(access);
    renewals.add(renew);
    service.tokens.push(access, renew);
    return { access_token: access, refresh_token: renew, token_type: 'Bearer', expires_in: 3600 };
  };
  const token = (fields: URLSearchParams): object => {
    const type = fields.get('grant_type');
    if (type === 'refresh_token')
      return renewals.delete(fields.get('refresh_token') ?? '') ? grant() : { error: 'invalid_grant' };
    if (type === 'urn:ietf:params:oauth:grant-type:device_code')
      return isApproved ? grant() : { error: 'authorization_pending' };
    const code = codes.get(fields.get('code') ?? '');
    codes.delete(fields.get('code') ?? '');
    const challenge = createHash('sha256')
      .update(fields.get('code_verifier') ?? '')
      .digest('base64url');
    const isRight =
      code?.challenge === challenge &&
      code.redirect === fields.get('redirect_uri') &&
      code.client === fields.get('client_id') &&
      code.resource === fields.get('resource');
    return isRight ? grant() : { error: 'invalid_grant' };
  };
  const server = http.createServer((request, response) => {
    void answer(request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  const answer = async (request: http.IncomingMessage, response: http.ServerResponse): Promise<void> => {
    const origin = service.url.replace('/mcp', '');
    const url = new URL(request.url ?? '/', origin);
    const body = await bodyOf(request);
    const json = (status: number, value: object): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    };
    if (url.pathname !== '/mcp') service.asked.push(`${request.method} ${url.pathname}`);
    switch (url.pathname) {
      case '/.well-known/oauth-protected-resource/mcp':
        return json(200, {
          resource: service.url,
          authorization_servers: [origin],
          scopes_supported: ['sums'],
        });
      case '/.well-known/oauth-authorization-server':
        return json(200, {
          issuer: origin,
          authorization_endpoint: `${origin}/authorize`,
          token_endpoint: `${origin}/token`,
          registration_endpoint: `${origin}/register`,
          device_authorization_endpoint: `${origin}/device`,
          response_types_supported: ['code'],
          grant_types_supported: ['authorization_code', 'refresh_token'],
          code_challenge_methods_supported: ['S256'],
          token_endpoint_auth_methods_supported: ['none'],
          authorization_response_iss_parameter_supported: true,
        });
      case '/register': {
        const { redirect_uris: redirects, ...asked } = JSON.parse(body) as { redirect_uris: string[] };
        const id = `client-${clients.size + 1}`;
        clients.set(id, redirects);
        return json(201, { ...asked, redirect_uris: redirects, client_id: id });
      }
      case '/authorize': {
        const [client = '', redirect = ''] = ['client_id', 'redirect_uri'].map(
          (name) => url.searchParams.get(name) ?? '',
        );
        if (!clients.get(client)?.includes(redirect)) return json(400, { error: 'invalid_request' });
        const code = randomBytes(8).toString('hex');
        const challenge = url.searchParams.get('code_challenge') ?? '';
        codes.set(code, { challenge, redirect, client, resource: url.searchParams.get('resource') ?? '' });
        const back = new URL(redirect);
        back.search = new URLSearchParams({
          ...{ code, iss: origin, state: url.searchParams.get('state') ?? '' },
        }).toString();
        response.writeHead(302, { location: back.href }).end();
        return;
      }
      case '/device':
        return json(200, {
          ...{ device_code: 'd', user_code: 'WDJB-MJHT', verification_uri: `${origin}/enter`, interval: 0.2 },
        });
      case '/token': {
        const granted = token(new URLSearchParams(body));
        return json('error' in granted ? 400 : 200, granted);
      }
      case '/mcp':
        break;
      default:
        return json(404, {});
    }
    const bearer = /^Bearer (.*)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
    if (!valid.has(bearer)) {
      const where = `${origin}/.well-known/oauth-protected-resource/mcp`;
      response.writeHead(401, { 'www-authenticate': `Bearer resource_metadata="${where}"` }).end();
      return;
    }
    const init = { method: request.method ?? 'GET', headers: request.headers as Record<string, string> };
    const answered = await handler.fetch(new Request(url, body === '' ? init : { ...init, body }));
    response.writeHead(answered.status, Object.fromEntries(answered.headers));
    for await (const chunk of answered.body ?? []) response.write(chunk);
    response.end();
  };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  atEnd(() => {
    server.closeAllConnections();
    server.close();
  });
  service.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
  return service;
}

async function bodyOf(request: http.IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
