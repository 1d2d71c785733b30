import { expect, test } from 'vitest';
import { PromptLine } from '../../src/agent/prompt-line.ts';
import { eventually } from '../support/eventually.ts';

function typing() {
  const sent: string[] = [];
  let line = '';
  let place = 0;
  let interrupts = 0;
  const prompt = new PromptLine({
    submit: (text) => sent.push(text),
    interrupt: () => interrupts++,
    detail: () => {},
    changed: (text, cursor) => {
      line = text;
      place = cursor;
    },
  });
  const type = (...keys: (string | Buffer)[]) => {
    for (const key of keys) prompt.input(Buffer.from(key));
    return line;
  };
  return {
    type,
    sent,
    interrupts: () => interrupts,
    at: () => `${line.slice(0, place)}|${line.slice(place)}`,
  };
}

test('what is typed is sent with Enter, without blanks at its ends; an empty line is not', () => {
  const { type, sent } = typing();
  expect(type('hello ', 'you')).toBe('hello you');
  expect(type(' \r', '\r', '  \r')).toBe('');
  expect(sent).toEqual(['hello you']);
});

test('backspace takes a whole character, Ctrl-W a word, Ctrl-U and Ctrl-C the line', () => {
  const { type } = typing();
  expect(type('a🦊', '\x7f')).toBe('a');
  expect(type('\x15one two  ', '\x17')).toBe('one ');
  expect(type('\x15')).toBe('');
  expect(type('x\x03')).toBe('');
});

test('a character that arrives in pieces is one character', () => {
  const { type } = typing();
  const bytes = Buffer.from('é中');
  expect(type(...[...bytes].map((byte) => Buffer.from([byte])))).toBe('é中');
});

test('the arrows bring back what was sent, other keys do nothing', () => {
  const { type } = typing();
  type('first\r', 'second\r');
  expect(type('\x1b[A')).toBe('second');
  expect(type('\x1b[A', '\x1b[A')).toBe('first');
  expect(type('\x1b[B', '\x1b[B')).toBe('');
  expect(type('\x1b[C\x1b[1;5D\x1bOP\x00\x01')).toBe('');
});

test('a paste of many lines is one line and sends nothing by itself', () => {
  const { type, sent } = typing();
  expect(type('\x1b[200~one\ntwo\rthree\x1b[201~')).toBe('one\ntwo\nthree');
  expect(sent).toEqual([]);
  type('\r');
  expect(sent).toEqual(['one\ntwo\nthree']);
});

test('Esc alone interrupts; an escape sequence does not, also when it comes in pieces', async () => {
  const { type, interrupts } = typing();
  type('\x1b[A', '\x1b[200~x\x1b[201~', '\x1b', '[A', '\x1b[', 'D', '\x1bO', 'C');
  expect(interrupts()).toBe(0);
  type('\x1b');
  await eventually('the interrupt', () => interrupts() === 1);
});

test('the cursor moves by characters and words, and keys work where it is', () => {
  const { type, at } = typing();
  type('one two e\u0301x');
  expect(at()).toBe('one two e\u0301x|');
  type('\x1b[D', '\x1b[D');
  expect(at()).toBe('one two |e\u0301x');
  type('\x1b[1;5D', 'new ');
  expect(at()).toBe('one new |two e\u0301x');
  type('\x01', '\x1b[C', '\x1b[3~');
  expect(at()).toBe('o|e new two e\u0301x');
  type('\x0b', '\x19', '\x05');
  expect(at()).toBe('oe new two e\u0301x|');
  type('\x17', '\x7f');
  expect(at()).toBe('oe new two|');
  type('\x15', '漢🦊字', '\x1b[D', '\x1b[D', '\x7f');
  expect(at()).toBe('|🦊字');
});

test('what was typed before one looked into the history is there again after it', () => {
  const { type } = typing();
  type('sent\r', 'half a thou');
  expect(type('\x1b[A')).toBe('sent');
  expect(type('\x1b[B')).toBe('half a thou');
});
