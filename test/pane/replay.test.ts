import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../support/temporary.ts';
import { startTerminal, type TestTerminal } from './support.ts';

const CLIENT = join(import.meta.dirname, 'fixtures', 'replay-client.ts');

test('a recording plays at its speed, ends with its last screen, and leaves the terminal as it was', async () => {
  const terminal = await play(
    [
      '{"version":2,"width":60,"height":10,"timestamp":1,"title":"bob"}',
      '[0.1,"o","hello "]',
      'torn',
      '[0.2,"r","70x12"]',
      '[8,"o","\\u001b]52;c;eA==\\u0007world"]',
    ],
    4,
  );
  await terminal.shows(/hello[\s\S]*replay · bob · .*4x/);
  await terminal.shows('hello world');
  await terminal.shows('the end; any key leaves');
  expect(terminal.raw()).not.toContain('\x1b]52');
  terminal.type('x');
  await terminal.shows('replay: ended, skipped 1');
  expect(terminal.screen.terminal.buffer.active.type).toBe('normal');
});

test('space pauses, keys change the speed, q leaves', async () => {
  const terminal = await play(
    ['{"version":2,"width":60,"height":10,"timestamp":1}', '[0,"o","one"]', '[60,"o","two"]'],
    0.125,
  );
  await terminal.shows('one');
  terminal.type(' ');
  await terminal.shows('paused');
  terminal.type('+');
  terminal.type(' ');
  await terminal.shows('0.25x');
  terminal.type('q');
  await terminal.shows('replay: left');
});

test('what is no recording is refused with its code', async () => {
  await (await play(['hello'], 1)).shows('refused: RECORDING_UNREADABLE');
  const absent = startTerminal(process.execPath, [CLIENT, '/nowhere/pane.cast']);
  await absent.shows('refused: RECORDING_UNREADABLE');
});

async function play(lines: string[], speed: number): Promise<TestTerminal> {
  const file = join(await temporaryFolder(), 'pane.cast');
  await writeFile(file, `${lines.join('\n')}\n`);
  return startTerminal(process.execPath, [CLIENT, file, String(speed)]);
}
