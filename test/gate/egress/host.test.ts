import { describe, expect, it } from 'vitest';
import { readHost, readTarget, writeTarget } from '../../../src/gate/egress/host.ts';

describe('a host', () => {
  it('has one form, however it is spelled', () => {
    const forms: Record<string, string> = {
      'EXAMPLE.com': 'example.com',
      'example.com.': 'example.com',
      'bücher.example': 'xn--bcher-kva.example',
      'XN--BCHER-KVA.example': 'xn--bcher-kva.example',
      'a_b.example': 'a_b.example',
      'example\u3002com': 'example.com', // a dot of another script
      '93.184.216.34': '93.184.216.34',
      '[2606:2800:0220:0:0:0:0:1]': '2606:2800:220::1',
      '[::FFFF:1.2.3.4]': '::ffff:1.2.3.4',
    };
    for (const [text, name] of Object.entries(forms))
      expect([text, readHost(text)]).toEqual([text, expect.objectContaining({ name })]);
  });

  it('is refused in forms that programs read differently', () => {
    for (const text of [
      ...[
        '',
        '.',
        '..',
        'a..b',
        '.a',
        'a.b..',
        '-a.b',
        'a-.b',
        ' a.b',
        'a.b ',
        'a b',
        'a\tb',
        'a\0b',
        'a.b\n',
        'a/b',
        'a\\b',
        'a?b',
        'a#b',
      ],
      ...[
        'user@a.b',
        'user:pass@a.b',
        'a.b:80',
        'a%2eb',
        '%61.b',
        'a,b',
        'a;b',
        '*',
        '*.b',

        'xn--.b',
        `${'a'.repeat(64)}.b`,
      ],
      ...[
        '0177.0.0.1',
        '0x7f.0.0.1',
        '0x7f000001',
        '2130706433',
        '127.1',
        '127.0.1',
        '1.2.3.4.5',
        '256.0.0.1',
        '127.0.0.01',
        '1',
        'a.1',
        'a.0x1',
      ],
      ...[
        '１２７.0.0.1',
        '127。0。0。1',
        '[127.0.0.1]',
        '[::1',
        '::1]',
        '::1',
        '[::1%25eth0]',
        '[fe80::1%eth0]',
        '[]',
        '[:::]',
        '[::1]x',
        '[[::1]]',
      ],
      Array.from({ length: 70 }, () => 'abc').join('.'),
    ]) {
      expect([text, readHost(text)]).toEqual([text, { wrong: expect.any(String) }]);
    }
  });
});

describe('a target', () => {
  it('has a host and a port from 1 to 65535', () => {
    expect(readTarget('a.b:443')).toEqual({ name: 'a.b', isAddress: false, port: 443 });
    expect(readTarget('[::1]:8080')).toEqual({ name: '::1', isAddress: true, port: 8080 });
    expect(readTarget('a.b', 80)).toMatchObject({ port: 80 });
    for (const text of [
      'a.b',
      'a.b:',
      'a.b:0',
      'a.b:65536',
      'a.b:080',
      'a.b:+80',
      'a.b:80:80',
      'a.b: 80',
      'a.b:8e1',
      ':80',
      '[::1]',
      '[::1]80',
    ]) {
      expect([text, readTarget(text)]).toEqual([text, { wrong: expect.any(String) }]);
    }
  });

  it('is written as URLs write it', () => {
    expect(writeTarget({ name: '::1', port: 1 })).toBe('[::1]:1');
    expect(writeTarget({ name: 'a.b', port: 1 })).toBe('a.b:1');
  });
});
