import type http2 from 'node:http2';
import type { Conversations } from '../model/conversations.ts';
import type { ModelResponse, RequestingAgent, Upstream } from '../model/upstream.ts';
import { AFTER_HEADER, CONVERSATION_HEADER, SUBAGENT_HEADER } from '../protocol/gate.ts';
import { drain } from './drain.ts';

/** How model requests of this wire are answered. */
export interface ModelRoute {
  upstream: Upstream;
  agent: RequestingAgent;
  /** Sees every answer pass by, to count what it costs; `asked` is the model that was asked for. */
  observe: (response: ModelResponse, asked: string | null) => ModelResponse;
  /** What was sent before, for requests that carry only what is new. */
  conversations: Conversations;
  /** Looks at the last messages of a conversation before it goes out; gives the answer in place of the model's when it leads nowhere. */
  guard: (last: readonly string[]) => ModelResponse | undefined;
}

interface ModelCall {
  path: '/v1/messages' | '/v1/messages/count_tokens';
  query: string;
  headers: http2.IncomingHttpHeaders;
  body: Buffer;
  signal: AbortSignal;
}

/** The only headers of a guest that go on; credentials that it brings are dropped with all others. */
const PASSED_ON = ['anthropic-version', 'anthropic-beta', 'content-type', 'accept'];

/** Streams a model's answer through to the guest. */
export async function answerModel(
  stream: http2.ServerHttp2Stream,
  call: ModelCall,
  route: ModelRoute,
): Promise<number> {
  const response = await responseTo(call, route);
  if (stream.destroyed) return 499;
  stream.respond({ ...response.headers, ':status': response.status });
  try {
    for await (const chunk of response.body) {
      if (stream.destroyed) return 499;
      if (!stream.write(chunk)) await drain(stream);
    }
    stream.end();
  } catch {
    stream.close(2); // INTERNAL_ERROR of RFC 9113: the guest sees a cut answer, as it is, and tries again
  }
  return response.status;
}

async function responseTo(
  call: ModelCall,
  { upstream, agent, observe, conversations, guard }: ModelRoute,
): Promise<ModelResponse> {
  const { path, headers, signal } = call;
  const id = headers[CONVERSATION_HEADER];
  const after = Number(headers[AFTER_HEADER] ?? 0);
  let { body } = call;
  if (typeof id === 'string' && Number.isSafeInteger(after) && after >= 0) {
    const whole = conversations.whole(body, { id: id.slice(0, 64), after });
    const refusal = 'refusal' in whole ? whole.refusal : guard(whole.last);
    if (refusal !== undefined) return refusal;
    if ('body' in whole) body = whole.body;
  }
  const response = await upstream.send({
    ...{ path, body, signal, headers: cleanHeaders(headers) },
    query: call.query === 'beta=true' ? call.query : '',
    // An agent may only make itself smaller.
    agent: headers[SUBAGENT_HEADER] === undefined ? agent : { ...agent, role: 'subagent' },
  });
  return observe(response, modelIn(body));
}

/** The model that a request names; null when it is not near the beginning, where every client puts it. */
function modelIn(body: Buffer): string | null {
  return /"model"\s*:\s*"([^"\\]{1,100})"/.exec(body.toString('utf8', 0, 1_000))?.[1] ?? null;
}

function cleanHeaders(headers: http2.IncomingHttpHeaders): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const name of PASSED_ON) {
    const value = headers[name];
    if (typeof value === 'string') kept[name] = value;
  }
  return kept;
}
