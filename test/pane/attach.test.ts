import { expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { screenImage, startAgent, startViewer } from './support.ts';

test("attaching shows the agent's screen, and a status line below it", async () => {
  const bob = await startAgent('bob', `printf 'hello \\e[1;31mred\\e[m\\r\\n'; cat`);
  const viewer = startViewer({ bob });
  await viewer.shows('hello red');
  await viewer.shows(/bob · working · Sort the mails · 12\.3k in 678 out · 2 unread/);
  expect(viewer.rows()[23]).toContain('Ctrl-] ? help');
  expect(screenImage(viewer.screen, 23)).toEqual(
    screenImage({ terminal: viewer.screen.terminal } as never, 23),
  );
  expect(viewer.screen.terminal.buffer.active.type).toBe('alternate');
});

test('keys go to the agent as they are and Ctrl-] d detaches without harm to it', async () => {
  const bob = await startAgent('bob', 'stty raw -echo; echo ready; cat -v');
  const viewer = startViewer({ bob });
  await viewer.shows('ready');
  viewer.type('abc\x03\x1b[A\x1b[200~x\x1dd\x1b[201~\r\x1d\x1d');
  await eventually('the keys', () => bob.typed() === 'abc\x03\x1b[A\x1b[200~x\x1dd\x1b[201~\r\x1d');
  viewer.type('\x1dd');
  await viewer.shows('left bob: detached');
  expect((await viewer.exited).exitCode).toBe(0);
  expect(viewer.screen.terminal.buffer.active.type).toBe('normal');
  expect(bob.pane.ended).toBeUndefined();
});
