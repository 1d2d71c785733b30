import { expect, test } from 'vitest';
import { type Metered, metered } from '../../src/model/meter.ts';
import { costUsd } from '../../src/model/prices.ts';
import { textOf } from './front-door.ts';

const STREAM = [
  'event: message_start\ndata: {"type":"message_start","message":{"model":"claude-opus-5-5","usage":{"input_tokens":12,"cache_read_input_tokens":1000,"cache_creation_input_tokens":50,"output_tokens":1}}}\n\n',
  'event: content_block_delta\ndata: {"type":"content_block_delta","delta":{"text":"\\"type\\":\\"message_delta\\" 🎈"}}\n\n',
  'event: message_delta\ndata: {"type":"message_delta","delta":{},"usage":{"output_tokens":77}}\n\n',
].join('');

async function measure(text: string, type: string, status = 200, size = 7) {
  const reports: Metered[] = [];
  const bytes = Buffer.from(text);
  const answer = metered({ status, headers: { 'content-type': type }, body: pieces(bytes, size) }, (report) =>
    reports.push(report),
  );
  expect(await textOf(answer.body)).toBe(text);
  return reports;
}

async function* pieces(bytes: Buffer, size: number) {
  for (let from = 0; from < bytes.length; from += size) yield bytes.subarray(from, from + size);
}

test('A stream cut into pieces of any size passes unchanged and reports its usage once', async () => {
  const expected = {
    model: 'claude-opus-5-5',
    usage: { input: 12, output: 77, cacheRead: 1000, cacheWrite: 50 },
  };
  for (const size of [1, 2, 3, 7, 64, 10_000]) {
    expect(await measure(STREAM, 'text/event-stream; charset=utf-8', 200, size)).toEqual([expected]);
  }
  expect(await measure(STREAM.replaceAll('\n', '\r\n'), 'text/event-stream')).toEqual([expected]);
});

test('A JSON message reports its usage; an error, a token count and nonsense report nothing', async () => {
  const message = '{"model":"m","usage":{"input_tokens":5,"output_tokens":-1}}';
  expect(await measure(message, 'application/json')).toEqual([
    { model: 'm', usage: { input: 5, output: 0, cacheRead: 0, cacheWrite: 0 } },
  ]);
  expect(await measure('{"input_tokens":5}', 'application/json')).toEqual([]);
  expect(await measure('<html>', 'application/json')).toEqual([]);
  expect(await measure(message, 'application/json', 500)).toEqual([]);
  expect(await measure('data: nonsense\n\n', 'text/event-stream')).toEqual([]);
});

test('A stream that is given up reports what was known until then', async () => {
  const reports: Metered[] = [];
  const body = pieces(Buffer.from(STREAM), 250);
  const answer = metered({ status: 200, headers: { 'content-type': 'text/event-stream' }, body }, (report) =>
    reports.push(report),
  );
  for await (const _ of answer.body) break;
  expect(reports).toEqual([
    { model: 'claude-opus-5-5', usage: { input: 12, output: 1, cacheRead: 1000, cacheWrite: 50 } },
  ]);
});

test('Cost follows the table, with cache rates, long prompts and dated names; an unknown model has none', () => {
  const usage = { input: 1_000_000, output: 1_000_000, cacheRead: 0, cacheWrite: 0 };
  expect(costUsd('claude-sonnet-4-5', usage)).toBeCloseTo(18);
  expect(costUsd('claude-sonnet-4-5-20250929', usage)).toBeCloseTo(18);
  expect(costUsd('claude-opus-5-5', { input: 0, output: 0, cacheRead: 1e6, cacheWrite: 1e6 })).toBeCloseTo(
    5.2,
  );
  expect(costUsd('claude-haiku-5-5', { ...usage, input: 100_000, output: 0 })).toBeCloseTo(0.01);
  expect(costUsd('claude-haiku-5-5', { ...usage, input: 100_001, output: 0 })).toBeCloseTo(0.05);
  expect(costUsd('rehearsal', usage)).toBe(0);
  for (const unknown of ['llama', 'constructor', null]) expect(costUsd(unknown, usage)).toBeNull();
  const own = { llama: { input: 1, output: 2, cacheRead: 0, cacheWrite: 0 } };
  expect(costUsd('llama', usage, own)).toBeCloseTo(3);
});
