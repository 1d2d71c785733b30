import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { awakened } from '../../src/model/awakened.ts';
import { governed } from '../../src/model/governor.ts';
import { httpUpstream } from '../../src/model/http-upstream.ts';
import { createAwakeClock } from '../../src/store/awake.ts';
import { eventually } from '../support/eventually.ts';
import { type Behaviour, callTool, serveMessages } from '../support/messages-server.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { ADA } from './front-door.ts';

const NIGHT = 8 * 3_600_000;
const silent: Behaviour = () => {};
const half: Behaviour = (_, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write('event: ping\ndata: {"type":"ping"}\n\n');
};

/** A model server of these behaviours, asked from a machine whose time the test makes. */
async function machine(behaviours: Behaviour[], graceMs = 50) {
  const { url, asked } = await serveMessages(behaviours, onTestFinished);
  const opened = await httpUpstream({ key: undefined, baseUrl: url });
  onTestFinished(() => opened[Symbol.asyncDispose]());
  const state = { time: 0 };
  const clock = createAwakeClock(() => state.time);
  onTestFinished(() => clock[Symbol.dispose]());
  const upstream = governed(awakened(opened, clock, graceMs), {
    file: join(await temporaryFolder(), 'pace.json'),
    firstPauseMs: 1,
  });
  const request = {
    ...({ path: '/v1/messages', query: '', headers: {} } as const),
    ...{ body: Buffer.from('{}'), agent: ADA, signal: new AbortController().signal },
  };
  const sleep = () => {
    state.time += NIGHT;
    clock.look();
  };
  return { asked, sleep, send: () => upstream.send(request) };
}

async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

test('a machine that sleeps eight hours while a model thinks asks again when it wakes, and gets its answer', async () => {
  const { asked, sleep, send } = await machine([silent, callTool('bash', { command: 'true' })]);
  const answer = send();
  await eventually('the request to be there', () => asked.length === 1);
  sleep();
  const { status, body } = await answer;
  expect(status).toBe(200);
  expect(await textOf(body)).toContain('message_stop');
  expect(asked).toHaveLength(2);
});

test('an answer that does not go on after the night ends as one that was cut, which the agent asks for again', async () => {
  const { asked, sleep, send } = await machine([half]);
  const { status, body } = await send();
  const text = textOf(body);
  sleep();
  expect(status).toBe(200);
  expect(await text).toMatch(/event: ping[\s\S]*event: error\ndata: .*"api_error".*this machine has slept/);
  expect(asked).toHaveLength(1);
});

test('an answer that goes on after the night is taken as it is', async () => {
  let goOn = () => {};
  const { asked, sleep, send } = await machine(
    [
      (request, response) => {
        half(request, response);
        goOn = () => callTool('bash', {})(request, Object.assign(response, { writeHead: () => response }));
      },
    ],
    60_000,
  );
  const { body } = await send();
  sleep();
  goOn();
  const text = await textOf(body);
  expect(text).toContain('message_stop');
  expect(text).not.toContain('slept');
  expect(asked).toHaveLength(1);
});
