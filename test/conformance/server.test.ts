import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { createMcpHandler } from '@modelcontextprotocol/server';
import { expect, onTestFinished, test } from 'vitest';
import { createServer } from '../../src/cli/mcp/server.ts';
import { openDesk } from '../support/cowork.ts';
import { runSuite } from './support/suite.ts';

/** Serves cowork's tools over HTTP, which is what the suite speaks; `cowork mcp` has them on stdin and stdout. */
async function serveTools(): Promise<string> {
  const { env } = openDesk();
  const handler = createMcpHandler(() => createServer({ env, isReadOnly: false }));
  const server = http.createServer(getRequestListener((request) => handler.fetch(request)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
}

test.each(['2025-11-25', '2026-07-28'])(
  'cowork as a server does what the official suite requires of the revision %s, but for what is listed with its reason',
  { timeout: 200_000 },
  async (revision) => {
    const failures = `expected-failures.server.${revision}.yaml`;
    const { code, said } = await runSuite('server', revision, failures, ['--url', await serveTools()]);
    expect(said).toMatch(/tools-list: \d+ passed, 0 failed/);
    expect(code, said.slice(-20_000)).toBe(0);
  },
);
