import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { teamFiles } from '../support/team-files.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { play, type Scenario } from './support/play.ts';
import { runSuite } from './support/suite.ts';

const COMMAND = join(import.meta.dirname, 'support/command.sh');

/** Serves our client to the suite, which starts a program for each scenario: one process that has loaded it is enough. */
async function serveClient(): Promise<string> {
  const server = http.createServer(async (request, response) => {
    const context = ((await json(request)) ?? {}) as Scenario['context'];
    const places = { home: await temporaryFolder(), dir: await teamFiles() };
    await play({ url: String(request.headers.server), context }, places).then(
      (results) => response.end(`${results.join('\n')}\n`),
      (error: Error) => response.writeHead(500).end(`${error.stack}\n`),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

test('our client does what the official suite requires of both revisions, but for what is listed with its reason', {
  timeout: 200_000,
}, async () => {
  const env = { CLIENT_ADDRESS: await serveClient() };
  const runs = await Promise.all(
    ['2025-11-25', '2026-07-28'].map((revision) =>
      runSuite('client', revision, 'expected-failures.client.yaml', ['--command', `sh ${COMMAND}`], env),
    ),
  );
  for (const { code, said } of runs) {
    expect(said).toMatch(/auth\/scope-step-up: \d+ passed, 0 failed/);
    expect(code, said.slice(-20_000)).toBe(0);
  }
});
