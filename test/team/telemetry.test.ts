import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { LOG_EVENTS } from '../../src/protocol/log-events.ts';
import { keeperLog, settingsFile, supervisorLog } from '../../src/team/paths.ts';
import { openTelemetry } from '../../src/team/telemetry.ts';
import { openDesk } from '../support/cowork.ts';
import { eventually } from '../support/eventually.ts';
import { receive, type Span } from '../support/otlp.ts';
import { launch } from '../support/team.ts';
import { temporaryFolder } from '../support/temporary.ts';

test('a team tells its owner of its life and numbers, and no word of what it is about', async () => {
  const { got, endpoint } = await receive();
  const desk = openDesk();
  mkdirSync(desk.home);
  const telemetry = { endpoint, headers: { 'x-owner': 'me' }, seconds: 1 };
  writeFileSync(settingsFile(desk.home), JSON.stringify({ telemetry }));
  const team = await launch('puppet', ['--teammates', '1'], desk);
  await team.order('ada', [[['task_create', { subject: 'Very secret', description: 'Hush' }]]]);
  await eventually(
    'numbers of the team',
    () => got.metrics.has('cowork.tasks') && got.metrics.has('cowork.gate.duration'),
    30_000,
  );
  await team.json('stop');
  await eventually(
    'all spans',
    () =>
      ['team', 'agent', '/tools/task_create'].every((name) => got.spans.some((span) => span.name === name)),
    30_000,
  );
  const [root] = got.spans.filter(({ name }) => name === 'team') as [Span];
  const agents = got.spans.filter(({ name }) => name === 'agent');
  expect(agents.map(({ resource }) => resource['cowork.agent']).toSorted()).toEqual(['ada', 'lead']);
  for (const agent of agents)
    expect(agent).toMatchObject({
      traceId: root.traceId,
      parentSpanId: root.spanId,
      resource: { 'service.name': 'cowork' },
    });
  const call = got.spans.find(({ name }) => name === '/tools/task_create');
  expect(agents.map(({ spanId }) => spanId)).toContain(call?.parentSpanId);
  expect([...got.metrics.keys()]).toEqual(
    expect.arrayContaining(['cowork.agents', 'cowork.tokens', 'cowork.cost']),
  );
  expect(JSON.stringify(got.metrics.get('cowork.tasks'))).toContain('pending');
  expect(new Set(got.headers)).toEqual(new Set(['me']));
  for (const word of ['Very secret', 'Hush', 'Do as you are told', desk.folder])
    expect(got.bodies).not.toContain(word);
  // And every line of its logs has an event of the table.
  const logs = [supervisorLog(team.dir), keeperLog(team.dir, 'lead'), keeperLog(team.dir, 'ada')];
  const events = logs
    .flatMap((file) => readFileSync(file, 'utf8').split('\n').filter(Boolean))
    .map((line) => JSON.parse(line).event);
  expect(events.length).toBeGreaterThan(10);
  expect(events.filter((event) => !Object.hasOwn(LOG_EVENTS, event))).toEqual([]);
}, 90_000);

test('without a setting nothing is sent, whatever the environment says', async () => {
  const { got, endpoint } = await receive();
  process.env.OTEL_EXPORTER_OTLP_ENDPOINT = endpoint;
  onTestFinished(() => {
    delete process.env.OTEL_EXPORTER_OTLP_ENDPOINT;
  });
  const home = await temporaryFolder();
  const troubles: string[] = [];
  const onTrouble = (reason: string) => troubles.push(reason);
  const teller = { team: 'mine', created: new Date().toISOString(), agent: 'ada', incarnation: 1 };
  const telemetry = await openTelemetry({ home, teller, onTrouble });
  telemetry.note('gate', { method: 'POST', path: '/v1/messages', status: 200, ms: 1 });
  await telemetry[Symbol.asyncDispose]();
  expect({ bodies: got.bodies, troubles }).toEqual({ bodies: '', troubles: [] });
  // Settings that are wrong stop no agent, and are told of.
  writeFileSync(settingsFile(home), '{"telemetry":{"endpoint":"ftp://x"}}');
  await (await openTelemetry({ home, teller, onTrouble }))[Symbol.asyncDispose]();
  expect(troubles).toHaveLength(1);
});

test('routes that a guest makes up are one, and an endpoint that never answers holds up no end', async () => {
  const { got, endpoint } = await receive(false);
  const home = await temporaryFolder();
  writeFileSync(settingsFile(home), JSON.stringify({ telemetry: { endpoint, seconds: 3600 } }));
  const teller = { team: 'mine', created: new Date().toISOString(), agent: 'ada', incarnation: 1 };
  const telemetry = await openTelemetry({ home, teller, onTrouble: () => {} });
  for (const path of ['/made-up', '/other/made-up'])
    telemetry.note('gate', { method: 'GET', path, status: 404, ms: 1 });
  telemetry.note('gate', { method: 'CONNECT', path: 'made-up.example:443', status: 200, ms: 1 });
  telemetry.note('gate', { method: 'GET', path: '/a/b/made-up?made-up', status: 200, ms: 1 });
  telemetry.note('gate', { method: 'GET', path: 'made-up\n', status: 200, ms: 1 });
  await telemetry[Symbol.asyncDispose]();
  await eventually('something to be sent', () => got.bodies.includes('resourceSpans'));
  expect(got.bodies).not.toContain('made-up');
});

test('no program logs an event that is not in the table', () => {
  const folder = join(import.meta.dirname, '..', '..', 'src');
  const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
    /(main|keeper)\.ts$/.test(file),
  );
  const named = sources.flatMap((file) =>
    [...readFileSync(join(folder, file), 'utf8').matchAll(/log\.\w+\(\{ event: '(\w+)'/g)].map(
      ([, event]) => event,
    ),
  );
  expect(named.length).toBeGreaterThanOrEqual(4);
  expect(named.filter((event) => !Object.hasOwn(LOG_EVENTS, String(event)))).toEqual([]);
});
