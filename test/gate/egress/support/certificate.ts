import { generateKeyPairSync, sign } from 'node:crypto';

/** A key and a certificate of a host that nobody else trusts. Source: RFC 5280, 4.1 (version 1, so without extensions). */
export function selfSigned(name: string): { key: string; cert: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const algorithm = der(0x30, objectId('2a8648ce3d040302')); // ecdsa-with-SHA256
  const subject = der(0x30, der(0x31, der(0x30, objectId('550403'), der(0x0c, Buffer.from(name))))); // commonName
  const time = (ms: number) =>
    der(0x17, Buffer.from(`${new Date(ms).toISOString().replaceAll(/[-:T]/g, '').slice(2, 14)}Z`));
  const validity = der(0x30, time(Date.now() - 86_400_000), time(Date.now() + 86_400_000));
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const content = der(0x30, der(0x02, Buffer.from([1])), algorithm, subject, validity, subject, spki);
  const signature = der(0x03, Buffer.from([0]), sign('sha256', content, privateKey));
  const cert = der(0x30, content, algorithm, signature);
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${cert.toString('base64')}\n-----END CERTIFICATE-----\n`,
  };
}

const objectId = (hex: string): Buffer => der(0x06, Buffer.from(hex, 'hex'));

/** One value in DER: its tag, its length, its content. */
function der(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}
