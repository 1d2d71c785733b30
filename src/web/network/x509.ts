import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** A certificate and its key, both PEM. */
export interface SelfSigned {
  certificate: string;
  key: string;
}

/**
 * A certificate for one name or address that vouches for itself: X.509 v3 (RFC 5280) with a P-256 key, in DER (X.690). It is one
 * fixed form of some 300 bytes; the libraries that can make it bring a dozen packages, and `openssl` is not everywhere.
 */
export function makeSelfSigned(host: string, from: Date, until: Date): SelfSigned {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const name = sequence(set(sequence(oid('2.5.4.3'), utf8('cowork'))));
  const serial = randomBytes(16);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40; // positive, and no zeros in front
  const toBeSigned = sequence(
    tagged(0, integer(Buffer.from([2]))), // v3
    integer(serial),
    sequence(ECDSA_WITH_SHA256),
    name,
    sequence(time(from), time(until)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    tagged(
      3,
      sequence(
        extension('2.5.29.19', true, sequence()), // basic constraints: no CA
        extension('2.5.29.15', true, Buffer.from([0x03, 0x02, 0x07, 0x80])), // key usage: digital signature
        extension('2.5.29.37', false, sequence(oid('1.3.6.1.5.5.7.3.1'))), // for servers
        extension('2.5.29.17', false, sequence(alternativeName(host))),
      ),
    ),
  );
  const signature = sign('sha256', toBeSigned, privateKey);
  const whole = sequence(toBeSigned, sequence(ECDSA_WITH_SHA256), bitString(signature));
  const lines = whole.toString('base64').replaceAll(/(.{64})(?=.)/g, '$1\n');
  return {
    certificate: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

/** RFC 5280, 4.2.1.6: context tag 7 is an address, 2 a name. */
const alternativeName = (host: string): Buffer =>
  isIP(host) === 0
    ? der(0x82, Buffer.from(host, 'ascii'))
    : der(0x87, Buffer.from(ipaddr.parse(host).toByteArray()));

function extension(id: string, isCritical: boolean, value: Buffer): Buffer {
  const critical = isCritical ? [der(0x01, Buffer.from([0xff]))] : [];
  return sequence(oid(id), ...critical, der(0x04, value));
}

function der(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const head = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...head]), content]);
}

const sequence = (...parts: Buffer[]): Buffer => der(0x30, Buffer.concat(parts));
const set = (...parts: Buffer[]): Buffer => der(0x31, Buffer.concat(parts));
const tagged = (tag: number, content: Buffer): Buffer => der(0xa0 + tag, content);
const integer = (bytes: Buffer): Buffer => der(0x02, bytes);
const utf8 = (text: string): Buffer => der(0x0c, Buffer.from(text));
const bitString = (bytes: Buffer): Buffer => der(0x03, Buffer.concat([Buffer.from([0]), bytes]));
/** UTCTime, which RFC 5280 wants up to the year 2049. */
const time = (at: Date): Buffer =>
  der(0x17, Buffer.from(`${at.toISOString().slice(2, 19).replaceAll(/[-:T]/g, '')}Z`));

function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes = [first * 40 + second, ...rest.flatMap(base128)];
  return der(0x06, Buffer.from(bytes));
}

function base128(value: number): number[] {
  const digits = [value & 0x7f];
  for (let left = value >> 7; left > 0; left >>= 7) digits.unshift((left & 0x7f) | 0x80);
  return digits;
}

const ECDSA_WITH_SHA256 = oid('1.2.840.10045.4.3.2');
