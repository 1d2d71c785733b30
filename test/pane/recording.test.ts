import { appendFile, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createPane } from '../../src/pane/pane.ts';
import { temporaryFolder } from '../support/temporary.ts';

type Line = [number, string, string];

test('a recording is an asciicast v2 file with output and resizes, without what the filter removes', async () => {
  const file = join(await temporaryFolder(), 'pane.cast');
  const pane = createPane({ cols: 80, rows: 24, recordingFile: file, title: 'bob' });
  pane.output(Buffer.from('hello \x1b[31mred\x1b[m\x1b]52;c;aGk=\x07 漢'));
  await settle(pane);
  const sink = { bytes: () => undefined, control: () => undefined };
  pane.addViewer({ sink, size: { cols: 100, rows: 30 }, readOnly: false, scrollback: 0, name: '' });
  pane.output(Buffer.from('more'));
  await pane[Symbol.asyncDispose]();
  const { header, events } = await readCast(file);
  expect(header).toMatchObject({
    version: 2,
    width: 80,
    height: 24,
    title: 'bob',
    env: { TERM: 'xterm-256color' },
  });
  expect(events.map(([, kind, data]) => [kind, data])).toEqual([
    ['o', 'hello \x1b[31mred\x1b[m 漢'],
    ['r', '100x30'],
    ['o', 'more'],
  ]);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
});

test('after a restart the recording goes on: times rise, a torn line is cut, a marker says so', async () => {
  const file = join(await temporaryFolder(), 'pane.cast');
  let now = 1_000_000;
  const options = { cols: 80, rows: 24, recordingFile: file, recording: { now: () => now } };
  const first = createPane(options);
  now += 1_000;
  first.output(Buffer.from('before'));
  await first[Symbol.asyncDispose]();
  await appendFile(file, '[1.5,"o","tor');
  now += 60_000;
  const second = createPane(options);
  second.output(Buffer.from('after'));
  await second[Symbol.asyncDispose]();
  const { events } = await readCast(file);
  expect(events.map(([, kind]) => kind)).toEqual(['o', 'm', 'r', 'o', 'o']);
  const times = events.map(([time]) => time);
  expect(times).toEqual([...times].sort((a, b) => a - b));
  expect(times.at(-1)).toBe(61);
});

test('at its cap a recording goes on in a new file that begins with the screen; two files are kept', async () => {
  const folder = await temporaryFolder();
  const file = join(folder, 'pane.cast');
  const pane = createPane({ cols: 80, rows: 24, recordingFile: file, recording: { capBytes: 20_000 } });
  for (let i = 0; i < 40; i++) {
    pane.output(Buffer.from(`${'x'.repeat(2_000)}\r\nline ${i}\r\n`));
    await settle(pane);
  }
  await pane[Symbol.asyncDispose]();
  for (const name of ['pane.cast', 'pane.1.cast'])
    expect((await stat(join(folder, name))).size).toBeLessThan(30_000);
  const { header, events } = await readCast(file);
  expect(header).toMatchObject({ 'cowork-cap-bytes': 20_000 });
  expect(events[0]?.[1]).toBe('m');
  expect(events[1]?.[2]).toContain('xxx');
});

test('a file that is no recording is moved aside', async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'pane.cast'), 'notes\n');
  const pane = createPane({ cols: 80, rows: 24, recordingFile: join(folder, 'pane.cast') });
  pane.output(Buffer.from('x'));
  await pane[Symbol.asyncDispose]();
  expect(await readFile(join(folder, 'pane.1.cast'), 'utf8')).toBe('notes\n');
  expect((await readCast(join(folder, 'pane.cast'))).events).toHaveLength(1);
});

test('a recording that cannot be written ends, says so once, and leaves the pane alone', async () => {
  const errors: unknown[] = [];
  const recording = { onError: (error: unknown) => errors.push(error) };
  const pane = createPane({
    cols: 80,
    rows: 24,
    recordingFile: join(await temporaryFolder(), 'no', 'pane.cast'),
    recording,
  });
  for (let i = 0; i < 3; i++) {
    pane.output(Buffer.from('x'));
    await settle(pane);
  }
  await pane.drained();
  await pane[Symbol.asyncDispose]();
  expect(errors).toHaveLength(1);
});

async function settle(pane: ReturnType<typeof createPane>): Promise<void> {
  await pane.recorded();
}

async function readCast(file: string): Promise<{ header: object; events: Line[] }> {
  const [header, ...events] = (await readFile(file, 'utf8')).trimEnd().split('\n');
  return {
    header: JSON.parse(header ?? '') as object, // the test's own file
    events: events.map((line) => JSON.parse(line) as Line),
  };
}
