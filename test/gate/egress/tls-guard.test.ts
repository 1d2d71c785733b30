import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Target } from '../../../src/gate/egress/host.ts';
import { TlsGuard } from '../../../src/gate/egress/tls-guard.ts';
import { browse } from './support/browse.ts';
import { helloMessage, realHello, records } from './support/hello.ts';
import { openProxy } from './support/proxy.ts';
import { serveHttps } from './support/servers.ts';

const target: Target = { name: 'shop.test', isAddress: false, port: 443 };
const hello = (name: string, size?: number) => records(22, helloMessage({ names: [name] }), size);

/** What the guard lets through of bytes that come in pieces of a size, in hexadecimal, or what it says against them. */
function pass(bytes: Buffer, { size = bytes.length, opaque = false, to = target } = {}): string {
  const guard = new TlsGuard(to, opaque);
  const passed: Buffer[] = [];
  try {
    for (let at = 0; at < bytes.length; at += size) passed.push(guard.push(bytes.subarray(at, at + size)));
    return Buffer.concat(passed).toString('hex');
  } catch (error) {
    return (error as Error).message; // the guard throws refusals
  }
}

describe('the guard of a TLS connection', () => {
  it('lets a hello that names the host through whole, however it is cut into records and packets', async () => {
    for (const bytes of [
      await realHello({ servername: 'shop.test' }),
      hello('shop.test', 1),
      hello('SHOP.test.', 100),
    ]) {
      const more = Buffer.concat([
        bytes,
        records(20, Buffer.from([1])),
        records(23, randomBytes(40_000), 16_000),
      ]);
      for (const size of [1, 7, 1000, more.length]) expect(pass(more, { size })).toBe(more.toString('hex'));
    }
  });

  it('lets nothing of a hello through before it is whole', async () => {
    const bytes = await realHello({ servername: 'shop.test' });
    for (let end = 0; end < bytes.length; end++) expect(pass(bytes.subarray(0, end))).toBe('');
  });

  it('refuses a hello that names another host, none, two, or hides one', async () => {
    const ech: [number, Buffer] = [0xfe0d, randomBytes(200)];
    const refused: [Buffer, string][] = [
      [await realHello({ servername: 'evil.test' }), 'names "evil.test"'],
      [await realHello({}), 'does not name its host'],
      [hello('shop.test\0.evil.test'), 'names "shop.test'],
      [hello('shop.test@evil.test'), 'SNI'],
      [records(22, helloMessage({ names: ['shop.test', 'evil.test'] })), 'more than one server name'],
      [records(22, helloMessage({ names: ['shop.test'], extensions: [ech] })), 'ECH'],
      [records(22, helloMessage({ names: ['shop.test'], extensions: [[0xffce, randomBytes(9)]] })), 'ECH'],
      [
        records(
          22,
          helloMessage({ names: ['shop.test'], extensions: [[0, Buffer.from('\0\x0c\0\0\x09evil.test')]] }),
        ),
        'twice',
      ],
      [
        records(22, Buffer.concat([helloMessage({ names: ['shop.test'] }), Buffer.from([1])])),
        'follows the ClientHello',
      ],
      [records(22, Buffer.from([2, 0, 0, 1, 0])), 'no ClientHello'],
      [records(23, randomBytes(50)), 'is for TLS only'],
      [Buffer.from('GET / HTTP/1.1\r\n\r\n'), 'is for TLS only'],
      [Buffer.from('SSH-2.0-x\r\n'), 'is for TLS only'],
      [Buffer.from([0x80, 0x2e, 1, 3, 1]), 'is for TLS only'],
      [
        records(22, helloMessage({ names: ['shop.test'], extensions: [[21, Buffer.alloc(20_000)]] })),
        'too long',
      ],
    ];
    for (const [bytes, why] of refused)
      expect([why, pass(bytes)]).toEqual([why, expect.stringContaining(why)]);
  });

  it('looks at a second hello, too, after whatever came before it', () => {
    const first = hello('shop.test');
    const between = [Buffer.alloc(0), records(20, Buffer.from([1])), records(23, randomBytes(500))];
    for (const middle of between) {
      for (const size of [1, 5, 16_384]) {
        const evil = Buffer.concat([first, middle, hello('evil.test', size)]);
        expect(pass(evil, { size: 11 })).toContain('names "evil.test"');
        const good = Buffer.concat([first, middle, hello('shop.test', size)]);
        expect(pass(good, { size: 11 })).toBe(good.toString('hex'));
      }
    }
  });

  it('does not take an encrypted handshake record for a hello', () => {
    for (let i = 0; i < 2_000; i++) {
      const bytes = Buffer.concat([
        hello('shop.test'),
        records(22, randomBytes(40)),
        records(23, randomBytes(9)),
      ]);
      expect(pass(bytes)).toBe(bytes.toString('hex'));
    }
  });

  it('cuts a connection that stops to be TLS', () => {
    const bytes = Buffer.concat([
      hello('shop.test'),
      records(23, randomBytes(9)),
      Buffer.from('CONNECT evil.test:443'),
    ]);
    expect(pass(bytes)).toContain('stopped to be TLS');
  });

  it('on a port of its own lets other things through, and TLS only for its host', () => {
    const to = { ...target, port: 8443 };
    const ssh = Buffer.from('SSH-2.0-OpenSSH\r\n');
    expect(pass(ssh, { opaque: true, to })).toBe(ssh.toString('hex'));
    expect(pass(hello('shop.test'), { opaque: true, to })).toMatch(/^1603/);
    expect(pass(hello('evil.test'), { opaque: true, to })).toContain('names "evil.test"');
  });

  it('asks for no name where the host is an address', async () => {
    const to = { name: '127.0.0.1', isAddress: true, port: 443 };
    expect(pass(await realHello({}), { to })).toMatch(/^1603/);
    expect(pass(hello('evil.test'), { to })).toContain('names "evil.test"');
  });

  it('stands a real server that asks for a second hello, with TLS 1.3 and 1.2', async () => {
    // The client offers a key of X25519 first; this server takes P-384 only, so it asks again.
    for (const tls of [{ ecdhCurve: 'P-384' }, { maxVersion: 'TLSv1.2' as const }]) {
      const port = await serveHttps('shop.test', (_, response) => response.end('hello again'), tls);
      const proxy = await openProxy({
        rules: ['shop.test'],
        names: { 'shop.test': [['93.184.216.34']] },
        leads: { '93.184.216.34:443': port },
      });
      expect(await browse(proxy.url, 'https://shop.test/')).toBe('hello again');
    }
  });
});
