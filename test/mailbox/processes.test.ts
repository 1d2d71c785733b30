import { describe, expect, it } from 'vitest';
import { openMailbox } from '../../src/mailbox/mailbox.ts';
import { startChild } from '../store/support/child.ts';
import { eventually } from '../support/eventually.ts';
import { temporaryFolder } from '../support/temporary.ts';

const here = new URL('./support/', import.meta.url).href;

async function start(inputs: Record<string, unknown>[]) {
  const teamDir = await temporaryFolder();
  const children = inputs.map((input) => startChild(here, 'send-many', { teamDir, to: 'bob', ...input }));
  await Promise.all(children.map((child) => child.says('ready')));
  for (const child of children) child.tell('go');
  return { teamDir, children };
}

describe('several processes sending to one inbox', () => {
  it('each learn the place that every reader then finds', async () => {
    const { teamDir, children } = await start(
      ['ann', 'cy', 'dan', 'eve'].map((from) => ({ from, count: 150 })),
    );
    await Promise.all(children.map((child) => child.says('done')));
    const log = await openMailbox(teamDir).log({ agent: 'bob' });
    const places = new Map(log.map(({ id, seq }) => [id, seq]));
    expect([...places.values()].sort((a, b) => a - b)).toEqual(Array.from({ length: 600 }, (_, i) => i + 1));
    for (const line of children.flatMap(({ lines }) => lines.filter((each) => each.startsWith('sent')))) {
      const [, , id, seq] = line.split(' ');
      expect(places.get(id ?? '')).toBe(Number(seq));
    }
  });

  it('with the same keys deliver each message once, and all get the one that counts', async () => {
    const { teamDir, children } = await start(
      ['1', '2', '3', '4'].map((from) => ({ from, count: 100, keyed: true })),
    );
    await Promise.all(children.map((child) => child.says('done')));
    const inbox = openMailbox(teamDir).inbox('bob');
    const delivered = await inbox.read();
    expect(delivered.map(({ text }) => Number.parseInt(text, 10)).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 100 }, (_, i) => i + 1),
    );
    const answers = (i: number) =>
      children.map(({ lines }) => lines.find((each) => each.startsWith(`sent ${i} `)));
    for (let i = 1; i <= 100; i++) {
      expect(new Set(answers(i)).size).toBe(1);
      expect(delivered.map(({ id }) => id)).toContain(answers(i)[0]?.split(' ')[2]);
    }
  });

  it('lose nothing that was acknowledged when they are killed', async () => {
    const { teamDir, children } = await start(
      ['ann', 'cy', 'dan'].map((from) => ({ from, count: 1_000_000, durable: true })),
    );
    for (const child of children) await eventually('it sends', () => child.lines.length > 60, 30_000);
    for (const child of children) child.kill('SIGKILL');
    await Promise.all(children.map((child) => child.ended));
    await openMailbox(teamDir).send({ from: 'user', to: 'bob', text: 'the end', incarnation: 0 });
    const inbox = openMailbox(teamDir).inbox('bob', { onMalformed: () => {} });
    const delivered = await inbox.read();
    const ids = new Set(delivered.map(({ id }) => id));
    expect(ids.size).toBe(delivered.length);
    for (const { lines } of children) {
      for (const line of lines.filter((each) => each.startsWith('sent')))
        expect(ids).toContain(line.split(' ')[2]);
    }
    expect(delivered.at(-1)?.text).toBe('the end');
  });
});
