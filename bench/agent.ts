// What the runtime costs per reply of the model: from the first byte of a streamed reply of 400 events to the last byte of
// the next request, with a server that answers at once and a tool that does nothing. Then the share of its input that a lead reads from the
// prompt cache after its third reply, with a cache that works as the API's. One JSON line for each figure. `node bench/agent.ts [none|vm]`; both by default.
import { appendFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { ulid } from 'ulid';
import type { Sandbox } from '../src/protocol/team.ts';
import { ensureSupervisor } from '../src/supervisor/ensure.ts';
import { agentFolder, transcriptFile } from '../src/team/paths.ts';
import { createTeam, endTeam } from '../src/team/team.ts';
import { serveStrictly } from '../test/support/strict/server.ts';

const EVENTS = 400;
// Of a job, not of its beginning: the first twenty cost up to half as much again, until Node has compiled what is used.
const REPLIES = 100;
const WARM_UP = 5;
const CACHE_REPLIES = 20;

process.env.COWORK_IMAGES ??= join(homedir(), '.cowork', 'images');

const asked = process.argv[2];
const sandboxes = asked === undefined ? (['none', 'vm'] as const) : [asked as Sandbox];
for (const sandbox of sandboxes) {
  for (const messages of [100, 2_000]) {
    const turns = await measure(sandbox, messages);
    const line = { bench: 'agent', sandbox, messages, events: EVENTS, ...turns };
    process.stdout.write(`${JSON.stringify(line)}\n`);
  }
}

process.stdout.write(
  `${JSON.stringify({ bench: 'agent', figure: 'cache-read share', ...(await cacheShare()) })}\n`,
);

/** A lead without a machine that makes two calls in each of so many replies. */
async function cacheShare(): Promise<{ replies: number; share: number }> {
  const home = mkdtempSync(join(tmpdir(), 'cowork-bench-'));
  const ends: (() => void)[] = [];
  const all = Promise.withResolvers<void>();
  const calls = (number: number): [string, Record<string, unknown>][] => [
    ['bash', { command: `echo step ${number}` }],
    ['task_list', {}],
  ];
  const server = await serveStrictly(
    ({ number }) => {
      if (number >= CACHE_REPLIES) all.resolve();
      return number < CACHE_REPLIES ? { text: `Step ${number}.`, calls: calls(number) } : { text: 'Done.' };
    },
    (work) => ends.push(work),
  );
  process.env.ANTHROPIC_BASE_URL = server.url;
  process.env.COWORK_HOME = home;
  try {
    const dir = await teamWithPast(home, 'none', 0);
    await ensureSupervisor(home, 'bench');
    await all.promise;
    await endTeam(dir, 'stopped', 'measured');
    const after = server.asked.slice(3).map(({ usage }) => usage);
    const read = after.reduce((sum, usage) => sum + usage.cache_read_input_tokens, 0);
    const sum = after.flatMap((usage) => Object.values(usage)).reduce((a, b) => a + b, 0);
    return { replies: CACHE_REPLIES, share: Number((read / sum).toFixed(3)) };
  } finally {
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    for (const end of ends) end();
    rmSync(home, { recursive: true, force: true });
  }
}

async function measure(sandbox: Sandbox, messages: number) {
  const home = mkdtempSync(join(tmpdir(), 'cowork-bench-'));
  const server = await serve();
  process.env.ANTHROPIC_BASE_URL = server.url;
  process.env.COWORK_HOME = home;
  try {
    const dir = await teamWithPast(home, sandbox, messages);
    await ensureSupervisor(home, 'bench');
    const gaps = await server.gaps;
    await endTeam(dir, 'stopped', 'measured');
    const sorted = gaps.slice(WARM_UP).toSorted((a, b) => a - b);
    const at = (share: number) =>
      Number((sorted[Math.floor(sorted.length * share)] ?? Number.NaN).toFixed(1));
    return { p50Ms: at(0.5), p90Ms: at(0.9), requestBytes: server.lastBytes() };
  } finally {
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    server.close();
    rmSync(home, { recursive: true, force: true });
  }
}

/** A team of a lead alone, with a transcript of so many messages. */
async function teamWithPast(home: string, sandbox: Sandbox, messages: number): Promise<string> {
  const at = new Date().toISOString();
  const model = 'bench-model';
  const lead = { name: 'lead', role: 'lead', title: 'lead', prompt: '', model, wanted: 'running' } as const;
  const dir = await createTeam(home, {
    ...{ v: 1, revision: 1, name: 'bench', job: 'Be measured.', created: at, phase: 'running', ended: null },
    ...{ summary: null, sandbox, rehearsal: null, images: process.env.COWORK_IMAGES ?? '', grants: [] },
    ...{ allowHosts: [], budgetUsd: null, maxTurns: 10_000 },
    agents: [{ ...lead, reason: '', key: null, added: at }],
  });
  mkdirSync(agentFolder(dir, 'lead'), { recursive: true });
  const head = { v: 1, by: 'lead', incarnation: 1, at };
  const lines = Array.from({ length: messages / 2 }, (_, i) => {
    const said = [
      { type: 'text', text: `Result ${i}: ${'all is well with this part of the work. '.repeat(8)}` },
    ];
    const reply = [{ type: 'text', text: `Step ${i}: ${'I look at the next part of the work. '.repeat(8)}` }];
    return [
      { ...head, id: ulid(), type: 'user', entry: { type: 'user', content: said } },
      { ...head, id: ulid(), type: 'assistant', entry: { type: 'assistant', content: reply } },
    ];
  });
  if (messages === 0) return dir;
  appendFileSync(
    transcriptFile(dir, 'lead'),
    lines
      .flat()
      .map((line) => `\n${JSON.stringify(line)}`)
      .join(''),
  );
  return dir;
}

/** Answers each request with a reply of 400 events that calls a tool which is not there. */
async function serve() {
  const gaps: number[] = [];
  const all = Promise.withResolvers<number[]>();
  let sent = 0;
  let count = 0;
  let bytes = 0;
  const server = http.createServer((request, response) => {
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
    });
    request.once('end', () => {
      if (request.method !== 'POST' || !request.url?.startsWith('/v1/messages'))
        return response.writeHead(404).end();
      bytes = size;
      if (sent > 0) gaps.push(performance.now() - sent);
      if (gaps.length >= REPLIES) {
        all.resolve(gaps);
        return; // the last request is never answered
      }
      sent = performance.now();
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end(reply(count++));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    gaps: all.promise,
    lastBytes: () => bytes,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

function reply(number: number): string {
  const usage = {
    input_tokens: 10,
    output_tokens: 400,
    cache_read_input_tokens: 0,
    cache_creation_input_tokens: 0,
  };
  const message = {
    id: `msg_${number}`,
    type: 'message',
    role: 'assistant',
    model: 'bench-model',
    content: [],
  };
  const tool = { type: 'tool_use', id: `toolu_${number}`, name: 'no_such_tool', input: {} };
  const input = JSON.stringify({ number, text: 'x'.repeat(400) });
  const pieces = EVENTS - 8;
  const events = [
    { type: 'message_start', message: { ...message, stop_reason: null, stop_sequence: null, usage } },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    ...Array.from({ length: pieces - 40 }, (_, i) => ({
      ...{
        type: 'content_block_delta',
        index: 0,
        delta: { type: 'text_delta', text: ` word${i % 10}${i % 20 === 19 ? '\n' : ''}` },
      },
    })),
    { type: 'content_block_stop', index: 0 },
    { type: 'content_block_start', index: 1, content_block: tool },
    ...Array.from({ length: 40 }, (_, i) => {
      const step = Math.ceil(input.length / 40);
      const partial_json = input.slice(i * step, (i + 1) * step);
      return { type: 'content_block_delta', index: 1, delta: { type: 'input_json_delta', partial_json } };
    }),
    { type: 'content_block_stop', index: 1 },
    { type: 'message_delta', delta: { stop_reason: 'tool_use', stop_sequence: null }, usage },
    { type: 'message_stop' },
  ];
  return events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join('');
}
