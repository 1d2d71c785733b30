import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createFilter } from '../../src/pane/filter.ts';

const run = (input: string | Uint8Array): string => createFilter({ maxCount: 100 }).push(Buffer.from(input));

describe('what passes unchanged', () => {
  test.each([
    ['text of many scripts', 'plain, grüße, 漢字, 🎉 e\u0301\r\n\t\b'],
    ['colours and styles', '\x1b[1;38;2;1;2;3;48;5;17;4:3mx\x1b[m'],
    [
      'cursor movement and erasing',
      '\x1b[2J\x1b[H\x1b[10;20f\x1b[3A\x1b[999C\x1b[K\x1b[?J\x1b[2X\x1b[5d\x1b[s\x1b[u',
    ],
    ['scroll region and line editing', '\x1b[2;10r\x1b[3L\x1b[2M\x1b[4@\x1b[P\x1b[2S\x1b[T\x1bM\x1bD\x1bE'],
    ['modes of full-screen programs', '\x1b[?1049h\x1b[?25l\x1b[?1;1000;1006;2004h\x1b[?2026h\x1b[4h\x1b[4l'],
    ['cursor shape, soft and full reset, keypad', '\x1b[3 q\x1b[!p\x1bc\x1b=\x1b>'],
    ['character sets', '\x1b(0lqk\x1b(B\x0ex\x0f'],
    ['tabs and save', '\x1bH\x1b[3g\x1b7\x1b8'],
    ['hyperlinks', '\x1b]8;id=1;https://example.org/a?b=c\x1b\\link\x1b]8;;\x07'],
    ['the bell', '\x07'],
  ])('%s', (_, sequence) => {
    expect(run(sequence)).toBe(sequence);
  });
});

describe('what is removed', () => {
  test.each([
    ['clipboard', '\x1b]52;c;aGVsbG8=\x07'],
    ['clipboard, read', '\x1b]52;c;?\x1b\\'],
    ['title', '\x1b]0;evil\x07\x1b]1;e\x07\x1b]2;evil\x1b\\\x1b]l;x\x07\x1bkscreen title\x1b\\'],
    ['title stack and window', '\x1b[22;0t\x1b[21t\x1b[8;50;200t\x1b[>2t'],
    ['palette and its queries', '\x1b]4;1;?\x07\x1b]10;?\x07\x1b]11;#fff\x07\x1b]104\x07'],
    [
      'notifications and shell marks',
      '\x1b]9;hi\x07\x1b]777;notify;a;b\x07\x1b]133;A\x07\x1b]1337;File=x:\x07\x1b]7;file:///\x07',
    ],
    ['device attributes', '\x1b[c\x1b[0c\x1b[>c\x1b[=c\x1bZ\x1b[?1c'],
    ['status reports', '\x1b[5n\x1b[6n\x1b[?6n\x1b[?996n'],
    [
      'mode, size, checksum and other queries',
      '\x1b[?25$p\x1b[4$p\x1b[x\x1b[1;1;1;1;1;1*y\x1b[1$w\x1b[>q\x1b[?u\x1b[#S\x1b[&u',
    ],
    ['keyboard protocols', '\x1b[>1u\x1b[=1u\x1b[<u\x1b[>4;2m\x1b[?4m'],
    ['answerback', '\x05'],
    ['DCS, SOS, PM, APC', '\x1bP$qm\x1b\\\x1bP+q544e\x1b\\\x1bXsos\x1b\\\x1b^pm\x1b\\\x1b_Gi=1;AAAA\x1b\\'],
    ['8-bit forms of them', '\u009d52;c;aGk=\u009c\u0090$qm\u009c\u009bc\u009a\u009f_\u009c'],
    ['VT52, printer, keyboard lock, unasked reports', '\x1b[?2l\x1b[5i\x1b[2h\x1b[?2048h\x1b[?2031h\x1b[?3h'],
    ['leaving UTF-8 and 8-bit answers', '\x1b%@\x1b%G\x1b G\x1b[62;0"p'],
    ['saved modes, locator, self-test', "\x1b[?1000s\x1b[?1000r\x1b[1;2'z\x1b[1'|\x1b[2;1y"],
    ['links to other places', '\x1b]8;;javascript:alert(1)\x07\x1b]8;;ssh://x\x07'],
    ['absurd numbers', '\x1b[2147483647b\x1b[999999C'],
  ])('%s', (_, sequence) => {
    expect(run(`a${sequence}b`)).toBe('ab');
  });

  test('a mode that may not be set is taken out of a list of modes', () => {
    expect(run('\x1b[?25;2;1049l')).toBe('\x1b[?25;1049l');
  });

  test('counts of repeating sequences are cut to the screen', () => {
    expect(run('\x1b[99999S\x1b[99999b\x1b[50L')).toBe('\x1b[100S\x1b[100b\x1b[50L');
  });

  test('a control inside a sequence acts before it, and the answerback inside one is removed', () => {
    expect(run('\x1b[3\r1\x05m')).toBe('\r\x1b[31m');
  });

  test('a cancelled sequence leaves nothing, and text after it is text', () => {
    expect(run('\x1b]52;c;\x18a\x1b[3\x1ab')).toBe('ab');
  });

  test('an 8-bit control that draws comes out in its 7-bit form, invalid UTF-8 as the replacement character', () => {
    expect(run(Buffer.from('\u009b31mx'))).toBe('\x1b[31mx');
    expect(run(Uint8Array.from([0x61, 0x9b, 0x63, 0x62]))).toBe('a\ufffdcb');
  });

  test('an endless string costs no memory and does not come out', () => {
    const filter = createFilter();
    const megabyte = Buffer.alloc(1024 * 1024, 'A');
    expect(filter.push('\x1b]8;;http://')).toBe('');
    for (let i = 0; i < 50; i++) expect(filter.push(megabyte)).toBe('');
    expect(filter.push('\x07after')).toBe('after');
  });
});

/** Pieces that an attacker would combine. */
const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        ...[
          '\x1b',
          '\x1b[',
          '\x1b]',
          '\x1bP',
          '\x1b\\',
          '\x07',
          '\x18',
          '\x05',
          '\u009b',
          '\u009d',
          '\u009c',
          '52;c;',
          '0;',
        ],
        ...[
          '?',
          '>',
          '$',
          ' ',
          ';',
          '1',
          '25',
          '2',
          'c',
          'n',
          'h',
          'l',
          'm',
          'p',
          'q',
          't',
          'u',
          'y',
          'k',
          'Z',
          '8;;',
          'é',
          '🎉',
        ],
      ),
      fc.string({ unit: 'binary', maxLength: 3 }),
    ),
    { maxLength: 40 },
  )
  .map((parts) => Buffer.from(parts.join('')));
const bytes = fc.oneof(
  hostile,
  fc.uint8Array({ maxLength: 60 }).map((array) => Buffer.from(array)),
);

describe('whatever comes in, however it is cut', () => {
  test('the result does not depend on where the input was cut', () => {
    fc.assert(
      fc.property(bytes, fc.array(fc.nat(200), { maxLength: 12 }), (input, cuts) => {
        const filter = createFilter();
        const places = [0, ...cuts.filter((cut) => cut < input.length).sort((a, b) => a - b), input.length];
        let out = '';
        for (let i = 1; i < places.length; i++) out += filter.push(input.subarray(places[i - 1], places[i]));
        expect(out).toBe(createFilter().push(input));
      }),
      { numRuns: 3_000 },
    );
  });

  test('no forbidden sequence comes out, and filtering again changes nothing', () => {
    fc.assert(
      fc.property(bytes, (input) => {
        const out = createFilter().push(input);
        expect(createFilter().push(out)).toBe(out);
        // Said again without the filter's own rules: every escape begins a sequence of a drawing kind.
        const rest = out
          .replace(/\x1b\[[?!"$'*# ]?[\d:;]*[!"$'*# ]?[@A-Z`a-z{}~]/g, (csi) => {
            expect(csi).not.toMatch(/^\x1b\[[\d:;]*[cnity]$/);
            expect(csi).not.toMatch(/^\x1b\[(?:[<=>]|.*\$p|\?.*[^hlJK]$)/);
            return '';
          })
          .replace(/\x1b\]8;[^\x07\x1b]*(?:\x07|\x1b\\)/g, '')
          .replace(/\x1b(?:[#()*+\-./][\x30-\x7e]|[78DEHMNOc=>no|}~69])/g, '');
        expect(rest).not.toMatch(/[\x05\x18\x1a\x1b\x80-\x9f]/);
      }),
      { numRuns: 5_000 },
    );
  });
});
