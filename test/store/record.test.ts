import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeRecord, parseRecord } from '../../src/store/record.ts';
import { note } from './support/records.ts';

describe('a record', () => {
  it('is one line, led and followed by a newline, whatever its text holds', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const bytes = encodeRecord(note(text)).toString('utf8');
        expect(bytes.startsWith('\n{')).toBe(true);
        expect(bytes.endsWith('}\n')).toBe(true);
        expect(bytes.slice(1, -1)).not.toContain('\n');
      }),
    );
  });

  it('is read as it was written', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const record = note(text);
        expect(parseRecord(encodeRecord(record).toString('utf8').trim())).toEqual({ record });
      }),
    );
  });

  it('is never read from a proper beginning of itself', () => {
    const bytes = encodeRecord(note('a {"nested":"}"} ü \u{1f600} text'));
    for (let length = 1; length < bytes.length - 1; length++) {
      expect(parseRecord(bytes.subarray(1, length).toString('utf8'))).toHaveProperty('malformed');
    }
  });

  it.each([
    ['[]', 'not an object'],
    ['null', 'not an object'],
    ['7', 'not an object'],
    ['{', 'not JSON'],
    ['\0\0\0', 'not JSON'],
    [JSON.stringify({ ...note('x'), v: 3 }), 'version 3 is not known'],
    [JSON.stringify({ ...note('x'), v: undefined }), 'version undefined is not known'],
    [JSON.stringify({ ...note('x'), id: '' }), 'id is not a text'],
    [JSON.stringify({ ...note('x'), id: 7 }), 'id is not a text'],
    [JSON.stringify({ ...note('x'), by: null }), 'by is not a text'],
    [JSON.stringify({ ...note('x'), incarnation: -1 }), 'incarnation is not a whole number'],
    [JSON.stringify({ ...note('x'), incarnation: '1' }), 'incarnation is not a whole number'],
  ])('is refused with the reason when it is %s', (line, reason) => {
    expect(parseRecord(line)).toEqual({ malformed: expect.stringContaining(reason) });
  });
});
