import { describe, expect, it } from 'vitest';
import { readTarget, type Target } from '../../../src/gate/egress/host.ts';
import { findRule, readRule } from '../../../src/gate/egress/rules.ts';

const covers = (rule: string, target: string): boolean =>
  findRule([readRule(rule)], readTarget(target) as Target) !== undefined; // the tests name targets only

describe('a rule', () => {
  it('covers the ports of the web, or the one port that it names', () => {
    for (const target of ['a.example:80', 'a.example:443']) expect(covers('a.example', target)).toBe(true);
    for (const target of ['a.example:22', 'a.example:8443', 'b.example:443'])
      expect(covers('a.example', target)).toBe(false);
    expect(covers('a.example:22', 'a.example:22')).toBe(true);
    expect(covers('a.example:22', 'a.example:443')).toBe(false);
  });

  it('with a suffix covers what stands before it at any depth, and not the suffix itself or what only ends alike', () => {
    for (const target of ['b.a.example:443', 'c.b.a.example:80'])
      expect(covers('*.a.example', target)).toBe(true);
    for (const target of ['a.example:443', 'ba.example:443', 'a.example.evil:443']) {
      expect(covers('*.a.example', target)).toBe(false);
    }
  });

  it('for an address covers that address in all spellings, and no other that leads to the same place', () => {
    expect(covers('127.0.0.1:8080', '127.0.0.1:8080')).toBe(true);
    expect(covers('127.0.0.1:8080', '[::ffff:127.0.0.1]:8080')).toBe(false);
    expect(covers('[0:0::1]:8080', '[::1]:8080')).toBe(true);
  });

  it('is kept in one form', () => {
    expect(readRule('Bücher.Example.').text).toBe('xn--bcher-kva.example');
    expect(readRule('*.Example.COM:8443').text).toBe('*.example.com:8443');
    expect(readRule('[0:0:0::1]:80').text).toBe('[::1]:80');
  });

  it('that is none is refused with what to write instead', () => {
    for (const [given, hint] of [
      ['https://example.com', 'without https://'],
      ['example.com/path', 'without a path'],
      ['::1', '[::1]'],
      ['*', 'example.com'],
      ['*.', 'example.com'],
      ['*.*.example', 'example.com'],
      ['a.*.example', 'example.com'],
      ['*.10.0.0.1', 'one by one'],
      ['user@example.com', 'user'],
      ['example.com:0', 'port'],
      ['example.com:https', 'port'],
      ['127.1', 'four decimal numbers'],
      ['', 'no host'],
    ] as const) {
      expect(() => readRule(given)).toThrow(
        expect.objectContaining({ code: 'HOST_INVALID', hint: expect.stringContaining(hint) }),
      );
    }
  });
});
