import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createFilter } from '../../src/pane/filter.ts';
import { hiddenState, inputModes } from '../../src/pane/hidden-state.ts';
import { createScreen, type Screen } from '../../src/pane/screen.ts';
import { screenImage } from './support.ts';

test('all that a program sets is there after a restore, and the next output does the same to both', async () => {
  await expectRestores(
    'top\r\n\x1b[?1h\x1b=\x1b[?2004h\x1b[?1002h\x1b[?1006h\x1b[?1004h\x1b[?25l\x1b[5 q\x1b[3g\x1b[1;5H\x1bH\x1b[1;11H\x1bH' +
      '\x1b[4;9H\x1b[32m\x1b7\x1b[3;8r\x1b(0\x1b[5;3Hlqk\x1b[44m',
    'x\ty\r\n\r\n\r\n\r\nscrolled\x1b8qq\x1b(Bz',
  );
});

test('the alternate screen is restored, and the normal one is behind it', async () => {
  await expectRestores('normal\r\n\x1b[3mtext\x1b[?1049h\x1b[2J\x1b[4;4Halternate', '!\x1b[?1049l.');
});

test('a wrap that is due is still due after a restore', async () => {
  await expectRestores('x'.repeat(20), 'y');
});

test('output that makes the terminal library throw ends nothing', async () => {
  const screen = createScreen({ cols: 20, rows: 10 });
  screen.write('\x1b[?1049h\x1b[10;20Hx\x1b[1Jafter');
  await screen.settled();
  expect(screenImage(screen).join('')).toContain('a{');
  // Any other exception, put there by hand
  screen.terminal.parser.registerCsiHandler({ final: 'y' }, () => {
    throw new Error('on purpose');
  });
  screen.write('\x1b[y');
  screen.write('\x1b[Hgoes on');
  await screen.settled();
  expect(screen.terminal.buffer.active.getLine(0)?.translateToString(true)).toBe('goes on');
});

test('scrollback is restored as far as asked', async () => {
  const { original, copy } = await restore('line\r\n'.repeat(100), 30);
  expect(original.terminal.buffer.active.baseY).toBe(91);
  expect(copy.terminal.buffer.active.baseY).toBe(30);
});

// Without character sets: restoring a cursor makes the library forget which one is in use; the first test has them.
const piece = fc.oneof(
  fc.string({ unit: 'grapheme-ascii', maxLength: 30 }),
  fc.constantFrom(
    ...[
      '漢字',
      'e\u0301',
      '\r\n',
      '\r',
      '\b',
      '\t',
      '\n',
      '\x1b[K',
      '\x1b[1K',
      '\x1b[J',
      '\x1b[1J',
      '\x1b[2J',
      '\x1b[H',
      '\x1bM',
    ],
    ...[
      '\x1b[1m',
      '\x1b[31m',
      '\x1b[42m',
      '\x1b[7m',
      '\x1b[m',
      '\x1b[38;5;200m',
      '\x1b[48;2;9;8;7m',
      '\x1b[4m',
      '\x1b[2;6r',
      '\x1b[r',
    ],
    ...[
      '\x1b[?1049h',
      '\x1b[?1049l',
      '\x1b7',
      '\x1b8',
      '\x1b[3;3H',
      '\x1b[9;20H',
      '\x1b[5X',
      '\x1b[2P',
      '\x1b[2@',
      '\x1b[L',
      '\x1b[M',
    ],
    ...[
      '\x1b[?25l',
      '\x1b[?25h',
      '\x1b[?6h',
      '\x1b[?6l',
      '\x1b[?7l',
      '\x1b[?7h',
      '\x1b[4h',
      '\x1b[4l',

      '\x1b[2S',
    ],
  ),
);

test('a screen restored at any moment looks the same, and so it does after more output', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(piece, { maxLength: 40 }),
      fc.array(piece, { maxLength: 8 }),
      async (before, after) => {
        const { original, copy } = await restore(before.join(''), 100);
        expectSame(copy, original);
        // A mark that joins the character before the restore can't know it; so the rest begins with a character.
        const more = createFilter().push(`.${after.join('')}`);
        original.write(more);
        copy.write(more);
        await Promise.all([original.settled(), copy.settled()]);
        expectSame(copy, original);
        original.dispose();
        copy.dispose();
      },
    ),
    { numRuns: 600 },
  );
}, 60_000);

async function expectRestores(before: string, after: string): Promise<void> {
  const { original, copy } = await restore(before, 100);
  expectSame(copy, original);
  original.write(after);
  copy.write(after);
  await Promise.all([original.settled(), copy.settled()]);
  expectSame(copy, original);
}

async function restore(text: string, scrollback: number): Promise<{ original: Screen; copy: Screen }> {
  const original = createScreen({ cols: 20, rows: 10 });
  original.write(createFilter().push(Buffer.from(text)));
  await original.settled();
  const copy = createScreen({ cols: 20, rows: 10 });
  copy.write(original.serialize(scrollback));
  await copy.settled();
  return { original, copy };
}

function expectSame(copy: Screen, original: Screen): void {
  expect(screenImage(copy)).toEqual(screenImage(original));
  expect(cursor(copy)).toEqual(cursor(original));
  expect(inputModes(copy.terminal)).toEqual(inputModes(original.terminal));
  const { saved: _, style: __, ...state } = hiddenState(original.terminal);
  expect(hiddenState(copy.terminal)).toMatchObject(state);
}

function cursor({ terminal }: Screen): object {
  const { active } = terminal.buffer;
  return { x: active.cursorX, y: active.cursorY, type: active.type, wrap: terminal.modes.wraparoundMode };
}
