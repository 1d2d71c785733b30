import { once } from 'node:events';
import { rmSync } from 'node:fs';
import http2 from 'node:http2';
import net from 'node:net';
import { NO_EXTENSIONS } from '../protocol/extensions.ts';
import { GATE_GREETING, type TeamToolOffer, type TranscriptEntry, type Welcome } from '../protocol/gate.ts';
import type { Task } from '../protocol/task.ts';
import { GateClient } from './gate-client.ts';

/** How often the path to the first request is gone before the snapshot: V8 remembers the shapes of objects where a function runs often, and finds properties without searching then. */
const TIMES_RECORDED = 20;
/** How often in a copy that stands by: QEMU translates code once. */
const TIMES_RESTORED = 10;
/** What the agent does on a gate, from the question who it is to its end. */
type Life = (gate: GateClient) => Promise<unknown>;

/** Longest time for all of it, milliseconds; it takes 2 to 5 s under software emulation. Then the machine is saved as it is. */
const LIMIT_MS = 60_000;

/**
 * Goes the whole way from the gate to the first answer of a model, against a keeper that this process plays itself, so that a machine which is copied from
 * here finds the code loaded, compiled and its pages in memory. Everything here is made up: no name, no host, no connection to outside.
 */
export async function warmUp(path: string, live: Life, times = TIMES_RECORDED): Promise<'warm' | 'too late'> {
  const sessions: net.Socket[] = [];
  let lives = 0;
  const server = net.createServer((socket) => {
    sessions.push(socket);
    socket.on('error', () => {}); // the end of a round
    socket.once('data', (first: Buffer) => {
      socket.pause();
      socket.unshift(first.subarray(GATE_GREETING.length));
      // A first life one time, and one that goes on from a transcript the next.
      playKeeper({ resumes: lives++ % 2 === 1 }).emit('connection', socket);
    });
  });
  server.listen(path);
  await once(server, 'listening');
  const late = new Promise<'too late'>((resolve) => {
    setTimeout(() => resolve('too late'), LIMIT_MS).unref();
  });
  try {
    return await Promise.race([late, goRounds(path, sessions, live, times)]);
  } finally {
    for (const socket of sessions) socket.destroy();
    server.close();
    rmSync(path, { force: true });
  }
}

async function goRounds(path: string, sessions: net.Socket[], live: Life, times: number): Promise<'warm'> {
  for (let round = 0; round < times; round++) {
    const gate = await GateClient.connect(path);
    await live(gate);
    for (const socket of sessions.splice(0)) socket.destroy();
    await gate.closed;
  }
  // Else the first request might wait until what the rounds left behind is cleared away (`--expose-gc`).
  globalThis.gc?.();
  return 'warm';
}

/** Goes it again whenever PID 1 asks, in a copy that waits to be somebody's, and tells PID 1 when it is done; returns how to hear of it no more. */
export function warmUpWhenAsked(path: string, live: Life): () => void {
  const again = (): void => {
    const done = () => void process.kill(1, 'SIGUSR1');
    void warmUp(path, live, TIMES_RESTORED).then(done, done);
  };
  process.on('SIGUSR2', again);
  return () => void process.off('SIGUSR2', again);
}

/** A keeper for one turn: it gives a task when the agent is idle, one answer, and then asks it to stop. */
function playKeeper({ resumes }: { resumes: boolean }): http2.Http2Server {
  const server = http2.createServer();
  let events: http2.ServerHttp2Stream | undefined;
  server.on('session', (session) => session.on('error', () => {}));
  server.on('stream', (stream, headers) => {
    stream.on('error', () => {});
    const path = headers[':path'] ?? '';
    stream.respond({ ':status': 200, 'content-type': 'application/json' });
    if (path === '/agent/events') {
      events = stream;
      return;
    }
    stream.resume();
    stream.once('end', () => {
      if (path.startsWith('/v1/messages')) return stream.end(ANSWER);
      if (path === '/agent/transcript' && headers[':method'] === 'GET') return stream.end(TRANSCRIPT);
      stream.end(JSON.stringify(path === '/agent/welcome' ? { ...WELCOME, resumes } : {}));
      if (path === '/agent/state' && !isTold) tell({ type: 'task', task: TASK });
      if (path === '/agent/turn-ended')
        tell({ type: 'shutdown', reason: 'warm', finishMs: 1_000, save: false });
    });
  });
  let isTold = false;
  const tell = (event: object): void => {
    isTold = true;
    events?.write(`${JSON.stringify(event)}\n`);
  };
  return server;
}

/** A tool as it is offered, so that what is made of tools is known. */
const TOOL: TeamToolOffer = {
  name: 'nothing',
  description: 'Does nothing.',
  inputSchema: {
    type: 'object',
    properties: { nothing: { type: 'string', description: 'Nothing.' } },
    required: ['nothing'],
    additionalProperties: false,
  },
};

/** In the order of the real one: V8 takes objects with the same fields in another order for others. */
const WELCOME: Welcome = {
  ...{ team: 'nobody', name: 'nobody', role: 'teammate', incarnation: 0, job: 'nothing', prompt: 'nothing' },
  ...{ model: 'none', grants: [{ name: 'nothing', path: '/nothing', mode: 'rw', failed: null }] },
  ...{
    roster: [{ name: 'nobody', role: 'teammate' }],
    allowHosts: [],
    workspace: '/workspace',
    sandbox: 'vm',
  },
  ...{ mayUse: null, replies: {}, tools: [TOOL, { ...TOOL, name: 'nothing-else' }], rehearsal: null },
  ...{ maxTurns: 2, now: 0, cols: 100, rows: 30, resumes: false, needsPlan: false, contextTokens: 200_000 },
  ...{ instructions: [], memory: '', agents: [], extensions: NO_EXTENSIONS },
};

const TASK: Task = {
  ...{ id: 't-0', subject: 'nothing', description: 'nothing', state: 'in_progress', owner: 'nobody' },
  ...{ dependsOn: [], result: null, evidence: null, needs: [], reason: null, created: '', updated: '' },
};

/** What was said in a life before, with a call that its end cut off. */
const TRANSCRIPT = (
  [
    { type: 'user', content: [{ type: 'text', text: 'Do nothing.' }] },
    { type: 'assistant', content: [call('1')] },
    { type: 'user', content: [{ type: 'tool_result', tool_use_id: '1', content: 'Nothing.' }] },
    { type: 'assistant', content: [{ type: 'text', text: 'Once more.' }, call('2')] },
  ] satisfies TranscriptEntry[]
)
  .map((entry) => `${JSON.stringify(entry)}\n`)
  .join('');

function call(id: string) {
  return { type: 'tool_use', id, name: 'bash', input: { command: 'true' } };
}

const ANSWER = [
  { type: 'message_start', message: { usage: { input_tokens: 0, output_tokens: 0 } } },
  { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Nothing.' } },
  { type: 'content_block_stop', index: 0 },
  { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 1 } },
  { type: 'message_stop' },
]
  .map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
  .join('');
