import { once } from 'node:events';
import net from 'node:net';
import { join } from 'node:path';
import type { BetaRunnableTool } from '@anthropic-ai/sdk/lib/tools/BetaRunnableTool';
import { expect, onTestFinished, test } from 'vitest';
import { GateClient } from '../../src/agent/gate-client.ts';
import { History } from '../../src/agent/history.ts';
import { runTurn } from '../../src/agent/turn.ts';
import { jsonRoute, serveGate } from '../../src/gate/server.ts';
import { httpUpstream } from '../../src/model/http-upstream.ts';
import type { TranscriptEntry } from '../../src/protocol/gate.ts';
import { TranscriptAppend } from '../../src/protocol/gate-requests.ts';
import { emptyRoutes } from '../gate/support.ts';
import { eventually } from '../support/eventually.ts';
import { type Said, serveStrictly } from '../support/strict/server.ts';
import { temporaryFolder } from '../support/temporary.ts';

/** A turn whose gate writes entries when `write` says so; one message of mail waits at its first tool boundary. */
async function turnOn(replies: Said[], write: (entries: readonly TranscriptEntry[]) => Promise<void>) {
  const server = await serveStrictly(
    ({ number }) => replies[number - 1] ?? { text: 'Done.' },
    (work) => onTestFinished(work),
  );
  const { routes } = emptyRoutes();
  routes.model.upstream = await httpUpstream({ key: undefined, baseUrl: server.url });
  const written: TranscriptEntry[] = [];
  routes.json['/agent/transcript'] = jsonRoute(TranscriptAppend, async ({ entries }) => {
    await write(entries);
    written.push(...entries);
  });
  const path = join(await temporaryFolder(), 'gate.sock');
  const sockets: net.Socket[] = [];
  const listening = net.createServer((socket) => {
    sockets.push(socket);
    void serveGate(socket, routes, () => {});
  });
  listening.listen(path);
  await once(listening, 'listening');
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    listening.close();
    await routes.model.upstream[Symbol.asyncDispose]();
  });
  const gate = await GateClient.connect(path);
  const ran: string[] = [];
  const seen: number[] = [];
  const history = new History((entries) => gate.call('POST', '/agent/transcript', { entries }));
  const outcome = runTurn({
    ...{ gate, history, tools: [tool('read', ran), tool('change', ran)], unseen: new Set<number>() },
    settings: () => ({ model: 'claude-test', max_tokens: 1_000, system: [], tools: DEFINED }),
    incoming: {
      take: (when) =>
        when === 'end of turn' && history.messages.length === 0
          ? { texts: ['Begin.'], shown: [], seqs: [] }
          : { texts: [], shown: [], seqs: history.messages.length === 2 ? [7] : [] },
    },
    listener: {
      text: () => {},
      toolStarted: () => {},
      toolEnded: () => {},
      reply: () => {},
      entered: () => {},
      seen: (seqs) => seen.push(...seqs),
    },
    signal: new AbortController().signal,
  });
  return { outcome, ran, seen, history, written, asked: server.asked };
}

const DEFINED = ['read', 'change'].map((name) => ({ name, input_schema: { type: 'object' } }));
const tool = (name: string, ran: string[]): BetaRunnableTool =>
  ({
    ...{ name, description: '', input_schema: { type: 'object' } },
    parse: (input: unknown) => input,
    run: async () => {
      ran.push(name);
      return 'ok';
    },
  }) as unknown as BetaRunnableTool; // of the SDK's union, one with just these fields

const isResult = (entries: readonly TranscriptEntry[]): boolean =>
  entries.some((entry) => 'content' in entry && entry.content.some(({ type }) => type === 'tool_result'));
const restored = (written: readonly TranscriptEntry[]) => {
  const again = new History(async () => {});
  again.restore(written);
  return again.messages;
};

test('the model is asked while results are written; until they are, nothing follows from its answer, and no mail in it is told as seen', async () => {
  const disk = Promise.withResolvers<void>();
  const turn = await turnOn(
    [{ calls: [['change', {}]] }, { text: 'And again.', calls: [['change', {}]] }],
    async (entries) => (isResult(entries) ? disk.promise : undefined),
  );
  await eventually('the second request', () => turn.asked.length === 2);
  // Its whole answer is here long before: what would follow from it has had its time.
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect([turn.ran, turn.seen]).toEqual([['change'], []]);
  disk.resolve();
  expect(await turn.outcome).toMatchObject({ outcome: 'ended', text: 'Done.' });
  expect([turn.ran, turn.seen]).toEqual([['change', 'change'], [7]]);
  expect(turn.history.messages).toEqual(restored(turn.written));
});

test('when results can not be written the turn fails, nothing follows from the answer to them, and the conversation is what is written', async () => {
  const turn = await turnOn(
    [{ calls: [['read', {}]] }, { calls: [['change', {}]] }, { calls: [['change', {}]] }],
    async (entries) => {
      if (JSON.stringify(entries).includes('"change"')) return;
      if (isResult(entries)) throw new Error('disk full');
    },
  );
  const { outcome, error } = await turn.outcome;
  expect([outcome, String(error)]).toEqual(['failed', expect.stringContaining('disk full')]);
  expect([turn.ran, turn.seen]).toEqual([['read'], []]);
  expect(turn.history.messages).toEqual(restored(turn.written));
});

test('a reply that only looks is written together with what it saw, in one record after the other', async () => {
  const writes: string[][] = [];
  const turn = await turnOn([{ calls: [['read', {}]] }, { calls: [['change', {}]] }], async (entries) => {
    writes.push(entries.map(({ type }) => type));
  });
  expect((await turn.outcome).outcome).toBe('ended');
  expect(writes).toEqual([['user'], ['assistant', 'user'], ['assistant'], ['user'], ['assistant']]);
});
