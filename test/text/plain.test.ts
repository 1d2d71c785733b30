import fc from 'fast-check';
import { expect, test } from 'vitest';
import { plainText } from '../../src/text/plain.ts';

test('control characters are shown, not executed', () => {
  expect(plainText('\x1b]52;c;aGk=\x07 \r\n\x7f\u009b31m')).toBe('␛]52;c;aGk=␇ ␍␊␡<U+009B>31m');
});

test('with lines, newlines and tabs stay', () => {
  expect(plainText('a\r\nb\tc\rd', { lines: true })).toBe('a\nb\tc␍d');
});

test('text that would reorder or hide itself is shown', () => {
  expect(plainText('\u202egpj.exe\u200b')).toBe('<U+202E>gpj.exe<U+200B>');
  expect(plainText('grüße 漢字 🎉 👩‍👩‍👧')).toBe('grüße 漢字 🎉 👩‍👩‍👧');
});

test('no control character is left of any text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(plainText(text)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
    }),
  );
});
