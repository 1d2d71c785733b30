import { type FileHandle, open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { Context } from 'hono';
import { CoworkError } from '../../protocol/errors.ts';
import { errorCode } from '../../store/folders.ts';
import type { Artifact } from '../../team/artifacts.ts';
import type { Env } from '../desk.ts';
import { tamePage } from '../documents/tame-page.ts';
import { TEXT_SHOWN_MAX, WHOLE_SHOWN_MAX } from '../shown-limits.ts';
import { DRAWING, lookOf, shownType } from '../shown-types.ts';

/**
 * A page that an agent made: an origin of its own (`sandbox`), no script, no network, no form; styles of its own and pictures that
 * it brings along. It holds however the answer is opened, not only in our frame.
 */
export const FRAME_POLICY =
  "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; frame-ancestors 'self'";
/** The browser's viewer of PDF does not start in a sandbox, and runs apart from every page. */
const PDF_POLICY = "frame-ancestors 'self'";

/** Answers with an artifact: as a file to keep, or as what it is, to look at. Throws ARTIFACT_UNKNOWN when its copy is gone. */
export async function sendArtifact(
  context: Context<Env>,
  artifact: Artifact,
  isAsked: boolean,
): Promise<Response> {
  const type = isAsked ? typeToShow(context, artifact) : undefined;
  const file = await openCopy(artifact);
  context.header('content-security-policy', type === 'application/pdf' ? PDF_POLICY : FRAME_POLICY);
  if (type === undefined) {
    context.header('content-disposition', attachment(artifact.name));
    return sendBytes(context, file, artifact.bytes, 'application/octet-stream');
  }
  context.header('x-frame-options', 'SAMEORIGIN');
  if (lookOf(artifact.path) === 'page')
    return context.body(tamePage(await readWhole(file)), 200, { 'content-type': type });
  const isText = type.startsWith('text/') && lookOf(artifact.path) !== 'notebook';
  return sendBytes(context, file, isText ? Math.min(artifact.bytes, TEXT_SHOWN_MAX) : artifact.bytes, type);
}

/** As what it is sent to be looked at; undefined when it is only downloaded. */
function typeToShow(context: Context<Env>, { path, bytes }: Artifact): string | undefined {
  const look = lookOf(path);
  if ((look === 'page' || look === 'notebook') && bytes > WHOLE_SHOWN_MAX) return undefined;
  const type = shownType(path);
  const isPicture = context.req.header('sec-fetch-dest') === 'image';
  return type === DRAWING && !isPicture ? undefined : type;
}

async function openCopy({ path, id }: Artifact): Promise<FileHandle> {
  try {
    return await open(path);
  } catch (cause) {
    if (errorCode(cause) !== 'ENOENT') throw cause;
    throw new CoworkError('ARTIFACT_UNKNOWN', `The copy of artifact ${id} is gone.`, { cause });
  }
}

async function readWhole(file: FileHandle): Promise<Buffer> {
  await using held = file;
  return await held.readFile();
}

function sendBytes(context: Context<Env>, file: FileHandle, bytes: number, type: string): Response {
  if (bytes === 0) {
    void file.close();
    return context.body(null, 200, { 'content-type': type, 'content-length': '0' });
  }
  const stream = file.createReadStream({ end: bytes - 1 });
  const body = Readable.toWeb(stream) as ReadableStream<Uint8Array>; // of a file, so of bytes
  return context.body(body, 200, { 'content-type': type, 'content-length': String(bytes) });
}

/** Under which name it is saved: in plain letters for old programs, and as it is (RFC 8187). */
function attachment(name: string): string {
  const plain = name.replaceAll(/[^\w.() -]/g, '_');
  const whole = encodeURIComponent(name).replaceAll(
    /['()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16)}`,
  );
  return `attachment; filename="${plain}"${plain === name ? '' : `; filename*=UTF-8''${whole}`}`;
}
