import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import type { Context } from 'hono';
import { CoworkError } from '../protocol/errors.ts';
import { builtProgram } from '../store/package-root.ts';
import type { Env } from './desk.ts';
import { paneFramePolicy } from './guard.ts';

/** The document of a terminal: whole in one file, as it may load nothing. */
const PANE = 'pane.html';

/** The files of the page, all of them. */
const ASSETS = ['index.html', 'app.js', 'app.css', 'icon.svg', 'manifest.json', 'sw.js', PANE];
const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/manifest+json',
};

/** How the build has compressed each file, the smallest first: the name on the wire (RFC 9110, section 8.4.1) and of the file. */
const CODINGS = [
  ['br', '.br'],
  ['gzip', '.gz'],
] as const;

/** Serves a file of the page, which the build has put into `dist/web`. Names are known: no path reaches the disk. */
export async function serveAsset(
  context: Context<Env>,
  name: string,
  status: 200 | 403 = 200,
): Promise<Response> {
  if (!ASSETS.includes(name)) throw new CoworkError('WEB_UNKNOWN', 'There is nothing at this address.');
  const path = builtProgram(`web/${name}`);
  if (name === PANE) {
    const document = await readFile(path, 'utf8');
    const [, script = ''] = /<script type="module">([\s\S]*)<\/script>/.exec(document) ?? [];
    context.header('content-security-policy', paneFramePolicy(script));
    context.header('x-frame-options', 'SAMEORIGIN');
  }
  const accepted = acceptedCodings(context.req.header('accept-encoding') ?? '');
  const coding = CODINGS.find(([each]) => accepted.has(each));
  if (coding !== undefined) context.header('content-encoding', coding[0]);
  const bytes = await readFile(`${path}${coding?.[1] ?? ''}`);
  return context.body(new Uint8Array(bytes), status, {
    'content-type': TYPES[extname(name)] ?? 'text/plain',
    vary: 'accept-encoding',
  });
}

/** The codings that an `Accept-Encoding` names and does not refuse (`;q=0`). */
function acceptedCodings(header: string): Set<string> {
  const given = header.split(',').map((each) => each.split(';').map((part) => part.trim().toLowerCase()));
  return new Set(
    given.filter(([, quality]) => !/^q=0(\.0*)?$/.test(quality ?? '')).map(([name = '']) => name),
  );
}
