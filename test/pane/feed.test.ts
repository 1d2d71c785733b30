import { expect, onTestFinished, test } from 'vitest';
import { openFeed } from '../../src/pane/feed.ts';
import { eventually } from '../support/eventually.ts';
import { connectWire, startAgent } from './support.ts';

test('a feed says that it has changed when the screen has its new size, not only when that was heard of', async () => {
  const bob = await startAgent('bob', 'printf ready; cat');
  // What a viewer would draw: the size at the last call.
  let drawn = '';
  const feed = openFeed({
    agent: 'bob',
    socketPath: bob.socketPath,
    hello: () => ({ cols: 90, rows: 30, readOnly: false, name: 'ann', scrollback: 0 }),
    changed: () => {
      drawn = `${feed.screen?.terminal.cols}x${feed.screen?.terminal.rows}`;
    },
  });
  onTestFinished(() => feed[Symbol.dispose]());
  await eventually('the first screen', () => drawn === '90x30');
  const eve = await connectWire(bob.socketPath, { cols: 60, rows: 10, name: 'eve' });
  for (const [cols, rows] of [
    [60, 10],
    [61, 11],
    [62, 12],
  ] as const) {
    eve.send({ type: 'resize', cols, rows });
    await eventually('the new size to be drawn', () => drawn === `${cols}x${rows}`);
  }
  expect(feed.trouble).toBeUndefined();
});
