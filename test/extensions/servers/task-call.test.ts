import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { Duplex } from 'node:stream';
import { expect, onTestFinished, test } from 'vitest';
import { connectServer } from '../../../src/extensions/servers/connection.ts';
import { pipeTransport } from '../../../src/extensions/servers/pipe-transport.ts';
import { eventually } from '../../support/eventually.ts';

const PROGRAM = createRequire(import.meta.url).resolve(
  '@modelcontextprotocol/server-everything/dist/index.js',
);
const TOOL = 'simulate-research-query';

/** The reference server that has everything, with a user who answers its questions so. */
async function connect(answer: Record<string, string>) {
  const child = spawn(process.execPath, [PROGRAM], { stdio: ['pipe', 'pipe', 'ignore'] });
  const questions: string[] = [];
  const asked: string[] = [];
  const connection = connectServer({
    name: 'everything',
    negotiations: ['legacy'],
    startMs: 30_000,
    callMs: 30_000,
    open: async () => {
      const transport = pipeTransport(Duplex.from({ readable: child.stdout, writable: child.stdin }));
      const send = transport.send.bind(transport);
      transport.send = (message) => {
        if ('method' in message) asked.push(message.method);
        return send(message);
      };
      return transport;
    },
    onChange: () => {},
    handlers: {
      roots: () => [],
      sample: async () => ({ text: '', model: '' }),
      elicit: async ({ message }) => {
        questions.push(message);
        return { action: 'accept', content: answer };
      },
    },
  });
  onTestFinished(async () => {
    await connection[Symbol.asyncDispose]();
    child.kill('SIGKILL');
  });
  const offered = () => connection.view.tools.find(({ ownName }) => ownName === TOOL);
  await eventually('the tool to be offered', () => connection.view.state === 'ready' && offered());
  expect(offered()).toMatchObject({ isTask: true });
  return { connection, questions, asked };
}

test('a tool that its server runs as a task only is called as one: progress is told, the user is asked, the result comes', async () => {
  const { connection, questions } = await connect({ interpretation: 'technical' });
  const told: string[] = [];
  const { signal } = new AbortController();
  const input = { topic: 'bees', ambiguous: true };
  const { content, isError } = await connection.call(TOOL, input, {
    signal,
    onProgress: (text) => told.push(text),
  });
  expect(isError).toBe(false);
  expect(JSON.stringify(content)).toContain('bees');
  expect(JSON.stringify(content)).toContain('technical');
  expect(told.join()).toContain('Gathering sources');
  expect(questions).toEqual([expect.stringContaining('multiple interpretations')]);
});

test('a task that is not wanted any more is cancelled at its server', async () => {
  const { connection, asked } = await connect({});
  const cut = new AbortController();
  const call = connection.call(
    TOOL,
    { topic: 'ants' },
    { signal: cut.signal, onProgress: () => cut.abort(new Error('not wanted')) },
  );
  await expect(call).rejects.toThrow('not wanted');
  expect(asked.at(-1)).toBe('tasks/cancel');
  // The server goes on serving.
  const { signal } = new AbortController();
  const { content } = await connection.call('echo', { message: 'there' }, { signal, onProgress: () => {} });
  expect(JSON.stringify(content)).toContain('there');
});
