import { CoworkError } from '../../protocol/errors.ts';
import { whyNoWebUrl } from '../format/source.ts';
import { messageOf } from '../load/tree.ts';

const REDIRECTS = 5;
const LIMIT_MS = 300_000;

/** Fetches a file over https, at most `max` bytes, along at most 5 redirects of which each is https too. Throws PLUGIN_FETCH_FAILED. */
export async function download(url: string, max: number, signal?: AbortSignal): Promise<Buffer> {
  const deadline = AbortSignal.timeout(LIMIT_MS);
  const both = signal === undefined ? deadline : AbortSignal.any([signal, deadline]);
  let at = url;
  for (let i = 0; i <= REDIRECTS; i++) {
    const problem = whyNoWebUrl(at);
    if (problem !== undefined) throw failed(url, problem);
    let response: Response;
    try {
      response = await fetch(at, { redirect: 'manual', signal: both, headers: { accept: '*/*' } });
    } catch (error) {
      throw failed(url, causeOf(error), error);
    }
    const location = response.headers.get('location');
    if (response.status >= 300 && response.status < 400 && location !== null) {
      await response.body?.cancel();
      at = new URL(location, at).href;
      continue;
    }
    if (!response.ok) throw failed(url, `the server answers ${response.status}`);
    return await collect(url, response, max);
  }
  throw failed(url, `it leads on more than ${REDIRECTS} times`);
}

async function collect(url: string, response: Response, max: number): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const part of response.body ?? []) {
      size += part.length;
      if (size > max) break;
      parts.push(part);
    }
  } catch (error) {
    throw failed(url, causeOf(error), error);
  }
  if (size > max) throw failed(url, `it is over ${Math.round(max / 1024 ** 2)} MiB`);
  return Buffer.concat(parts);
}

const causeOf = (error: unknown): string =>
  error instanceof Error && error.cause instanceof Error ? error.cause.message : messageOf(error);

const failed = (url: string, why: string, cause?: unknown): CoworkError =>
  new CoworkError('PLUGIN_FETCH_FAILED', `${url} can't be fetched: ${why}.`, { cause });
