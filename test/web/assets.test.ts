import http from 'node:http';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../support/temporary.ts';
import { openDashboard } from './support/dashboard.ts';

const NAMES = ['index.html', 'app.js', 'app.css', 'icon.svg', 'manifest.json', 'pane.html'];

describe('the files of the page', () => {
  it('come compressed to whoever takes that, and are the same for everybody', async () => {
    const { origin } = await openDashboard(await temporaryFolder());
    const fetched = async (name: string, coding: string) => {
      const answer = await raw(`${origin}/assets/${name}`, coding);
      expect(answer.status, name).toBe(200);
      expect(answer.headers.vary).toBe('accept-encoding');
      expect(answer.headers['x-content-type-options']).toBe('nosniff');
      return answer;
    };
    for (const name of NAMES) {
      const plain = await fetched(name, 'identity');
      expect(plain.headers['content-encoding']).toBeUndefined();
      const small = await fetched(name, 'gzip, deflate, br, zstd');
      expect(small.headers['content-encoding']).toBe('br');
      expect(brotliDecompressSync(small.bytes).equals(plain.bytes), name).toBe(true);
      const older = await fetched(name, 'br;q=0, GZIP');
      expect(older.headers['content-encoding']).toBe('gzip');
      expect(gunzipSync(older.bytes).equals(plain.bytes), name).toBe(true);
      for (const header of ['content-type', 'content-security-policy'])
        expect(small.headers[header], name).toBe(plain.headers[header]);
    }
  });
});

/** An answer as it comes over the wire. */
function raw(url: string, coding: string) {
  return new Promise<{ status: number; headers: http.IncomingHttpHeaders; bytes: Buffer }>(
    (resolve, reject) => {
      const request = http.get(url, { headers: { 'accept-encoding': coding } }, (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part) => parts.push(part));
        response.on('error', reject);
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            bytes: Buffer.concat(parts),
          }),
        );
      });
      request.setTimeout(30_000, () => request.destroy(new Error(`no answer from ${url}`)));
      request.on('error', reject);
    },
  );
}
