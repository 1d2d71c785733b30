import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Desk, openDesk } from '../support/cowork.ts';
import {
  apiError,
  type Behaviour,
  callTool,
  hangUp,
  nonsense,
  serveMessages,
} from '../support/messages-server.ts';

const KEY = 'sk-ant-test-0123456789abcdefghij';

// These tests wait more than they work, so they run at once; each must then register its end at its own context.

/** Runs a team of a lead alone on a model server, to its end. */
async function runOn(url: string, desk: Desk) {
  const env = { ANTHROPIC_BASE_URL: url, ANTHROPIC_API_KEY: KEY };
  const args = ['launch', 'Do it', '--team', 'mine', '--teammates', '0', '--sandbox', 'none', '--json'];
  const launched = await desk.cowork(args, { env });
  const waited = await desk.cowork(['wait', '-t', 'mine', '--timeout', '50', '--json'], { env });
  expect(waited.stderr).toBe('');
  const status = JSON.parse(waited.stdout);
  expect(desk.processes()).toEqual([]);
  expect(filesWith(desk.home, KEY)).toEqual([]);
  expect(launched.stdout + launched.stderr + waited.stdout + waited.stderr).not.toContain(KEY);
  return { desk, status, code: waited.code };
}

function filesWith(folder: string, text: string): string[] {
  return readdirSync(folder, { recursive: true })
    .map((name) => join(folder, String(name)))
    .filter((path) => statSync(path).isFile() && readFileSync(path).includes(text));
}

const done = callTool('finish_job', { summary: 'Done after all.' });

test.concurrent.for<[string, Behaviour[], RegExp, number]>([
  [
    'does not take the key',
    [apiError(401, 'authentication_error', `invalid x-api-key ${KEY}`)],
    /^The lead can't go on: The model server answered 401 \(authentication_error\): invalid x-api-key/,
    1,
  ],
  [
    'finds the request wrong',
    [apiError(400, 'invalid_request_error', 'no such model')],
    /400.*no such model/,
    1,
  ],
  [
    'is overloaded again and again',
    [apiError(529, 'overloaded_error', 'come back later')],
    /529.*come back later/,
    6,
  ],
  ['answers with a page that is not of the API', [nonsense], /not the Messages API/, 6],
])(
  'a team whose model server %s ends failed, with the reason',
  async ([, behaviours, reason, requests], { onTestFinished }) => {
    const { url, asked } = await serveMessages(behaviours, onTestFinished);
    const { status, code } = await runOn(url, openDesk(onTestFinished));
    expect({ code, state: status.state }).toEqual({ code: 1, state: 'failed' });
    expect(status.summary).toMatch(reason);
    expect(status.agents[0]).toMatchObject({ state: 'failed' });
    expect(status.summary).toContain(status.agents[0].reason);
    expect(status.alerts).toMatchObject([{ agent: 'lead', kind: 'failed' }]);
    expect(asked.length).toBe(requests);
  },
);

test.concurrent('a team whose model server is not there ends failed, and says that the connection was refused', async ({
  onTestFinished,
}) => {
  const { status, code } = await runOn('http://127.0.0.1:9', openDesk(onTestFinished));
  expect({ code, state: status.state }).toEqual({ code: 1, state: 'failed' });
  expect(status.summary).toMatch(/127\.0\.0\.1:9 refused the connection/);
});

test.concurrent.for<[string, Behaviour[]]>([
  [
    'is overloaded for a moment',
    [apiError(529, 'overloaded_error', 'busy'), apiError(429, 'rate_limit_error', 'slow'), done],
  ],
  ['hangs up without an answer', [hangUp, done]],
  ['cuts its answer in the middle', [callTool('finish_job', { summary: 'Half' }, 3), done]],
])('a team whose model server %s does its job all the same', async ([, behaviours], { onTestFinished }) => {
  const { url, asked } = await serveMessages(behaviours, onTestFinished);
  const { status, code } = await runOn(url, openDesk(onTestFinished));
  expect({ code, state: status.state, summary: status.summary }).toEqual({
    ...{ code: 0, state: 'done', summary: 'Done after all.' },
  });
  expect(asked.at(-1)?.headers).toMatchObject({
    'x-api-key': KEY,
    'x-cowork-team': 'mine',
    'x-cowork-agent': 'lead',
    'x-cowork-role': 'lead',
    'x-cowork-incarnation': '1',
  });
});
