import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readRecording } from '../../src/pane/cast.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { screenRows, startTerminal, type TestTerminal } from './support.ts';

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
  await terminal.shows('the end; Left and Home go back');
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

test('one can jump in time and to a message, forward and back', async () => {
  const lines = ['{"version":2,"width":60,"height":10,"timestamp":1000}'];
  for (let i = 0; i <= 100; i++) lines.push(JSON.stringify([i, 'o', `second ${i}.\r\n`]));
  const terminal = await play(lines, 0.125, {
    from: 30,
    marks: [
      { at: 50.5, label: 'ann to bob' },
      { at: 500, label: 'outside' },
    ],
  });
  await terminal.shows(/second 30\.\n[^s]*replay .* 0:30 of 1:40/);
  terminal.type(' \x1b[C');
  await terminal.shows(/second 40\.\n[^s]*replay .* 0:40/);
  terminal.type('n');
  await terminal.shows(/second 50\.\n[\s\S]*ann to bob/);
  terminal.type('n');
  await terminal.shows('no further message');
  terminal.type('\x1b[D\x1b[D');
  await terminal.shows(/second 40\.\n[^s]*replay/);
  terminal.type('\x1b[H');
  await terminal.shows(/^second 0\.\n[^s]*replay/);
  terminal.type('\x1b[F');
  await terminal.shows(/second 100\.\n[\s\S]*the end/);
  terminal.type('p');
  await terminal.shows(/second 50\.\n[\s\S]*replay/);
});

test('what was moved aside when the file was full is played before it, in its own size', async () => {
  const folder = await temporaryFolder();
  const older = [
    '{"version":2,"width":40,"height":8,"timestamp":1000}',
    '[1,"o","the older part"]',
    '[90,"o","\\r\\nlast"]',
  ];
  const newer = ['{"version":2,"width":60,"height":10,"timestamp":1100}', '[0.5,"o","the newer part"]'];
  await writeFile(join(folder, 'pane.1.cast'), older.join('\n'));
  await writeFile(join(folder, 'pane.cast'), newer.join('\n'));
  const cast = await readRecording(join(folder, 'pane.cast'));
  expect(cast.header).toMatchObject({ width: 40, timestamp: 1_000 });
  expect(cast.events.filter(([, kind]) => kind === 'r')).toEqual([[100, 'r', '60x10']]);
  expect(cast.events.at(-1)).toEqual([100.5, 'o', 'the newer part']);
  const terminal = playFile(join(folder, 'pane.cast'), 0.125);
  await terminal.shows('0:00 of 1:40');
  terminal.type('\x1b[F');
  await terminal.shows(/the newer part[\s\S]*1:40 of 1:40/);
  expect(screenRows(terminal.screen).join('\n')).not.toContain('older');
  terminal.type('\x1b[H');
  await terminal.shows('0:00 of 1:40');
  terminal.type('\x1b[C');
  await terminal.shows(/the older part/);
});

test('what is no recording is refused with its code', async () => {
  await (await play(['hello'], 1)).shows('refused: RECORDING_UNREADABLE');
  const absent = startTerminal(process.execPath, [CLIENT, '/nowhere/pane.cast']);
  await absent.shows('refused: RECORDING_UNREADABLE');
});

async function play(lines: string[], speed: number, options: object = {}): Promise<TestTerminal> {
  const file = join(await temporaryFolder(), 'pane.cast');
  await writeFile(file, `${lines.join('\n')}\n`);
  return playFile(file, speed, options);
}

function playFile(file: string, speed: number, options: object = {}): TestTerminal {
  return startTerminal(process.execPath, [CLIENT, file, String(speed), JSON.stringify(options)]);
}
