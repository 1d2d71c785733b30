import { wholeResponse } from './api-error.ts';
import type { ModelRequest, ModelResponse, Upstream } from './upstream.ts';

/** Fields of a request that some servers of the Messages API do not know; without them a request means the same. */
const OPTIONAL = ['thinking', 'output_config'];
/** How such a server says so. */
const SAYS_SO =
  /thinking|output_config|effort|extra inputs|unknown|unrecognized|unsupported|not supported|unexpected/i;

/**
 * The same upstream, whether or not it knows all that is asked of it: one that refuses a request for what is optional in it is asked
 * without, and from then on. `onMissing` is told once.
 */
export function withOptionalFields(upstream: Upstream, onMissing: (said: string) => void): Upstream {
  let isLeftOut = false;
  return {
    kind: upstream.kind,
    label: upstream.label,
    send: async (request) => {
      if (request.path !== '/v1/messages') return upstream.send(request);
      if (isLeftOut) return upstream.send(without(request) ?? request);
      const response = await upstream.send(request);
      const plain = response.status === 400 ? without(request) : undefined;
      if (plain === undefined) return response;
      const { said, again } = await read(response);
      if (!SAYS_SO.test(said)) return again;
      const second = await upstream.send(plain);
      if (second.status !== 400 && !isLeftOut) {
        isLeftOut = true;
        onMissing(said);
      }
      return second;
    },
    [Symbol.asyncDispose]: () => upstream[Symbol.asyncDispose](),
  };
}

const MESSAGES = '"messages":[';

/** The request without what is optional; undefined when nothing is. What stands before the messages is read, and no more. */
function without(request: ModelRequest): ModelRequest | undefined {
  const at = request.body.indexOf(MESSAGES);
  if (at < 0) return undefined;
  const head = parsed(`${request.body.toString('utf8', 0, at)}${MESSAGES}]}`);
  if (head === undefined || !OPTIONAL.some((field) => Object.hasOwn(head, field))) return undefined;
  const { messages: _, ...rest } = head;
  for (const field of OPTIONAL) delete rest[field];
  const begin = JSON.stringify(rest).slice(0, -1);
  const body = Buffer.concat([Buffer.from(`${begin}${begin === '{' ? '' : ','}`), request.body.subarray(at)]);
  return { ...request, body };
}

async function read(response: ModelResponse): Promise<{ said: string; again: ModelResponse }> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of response.body) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  return {
    said: bytes.toString('utf8', 0, 1_000),
    again: wholeResponse(response.status, bytes, response.headers),
  };
}

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(text) as Record<string, unknown>; // it begins with a brace, so it is an object
  } catch {
    return undefined; // a text in front holds those words; such a request is left as it is
  }
}
