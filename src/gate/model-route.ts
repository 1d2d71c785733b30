import type http2 from 'node:http2';
import type { ModelResponse, RequestingAgent, Upstream } from '../model/upstream.ts';
import { drain } from './drain.ts';

/** How model requests of this wire are answered. */
export interface ModelRoute {
  upstream: Upstream;
  agent: RequestingAgent;
  /** Sees every answer pass by, to count what it costs. */
  observe: (response: ModelResponse) => ModelResponse;
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
  { upstream, agent, observe }: ModelRoute,
): Promise<number> {
  const response = observe(
    await upstream.send({
      path: call.path,
      query: call.query === 'beta=true' ? call.query : '',
      headers: cleanHeaders(call.headers),
      body: call.body,
      agent,
      signal: call.signal,
    }),
  );
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

function cleanHeaders(headers: http2.IncomingHttpHeaders): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const name of PASSED_ON) {
    const value = headers[name];
    if (typeof value === 'string') kept[name] = value;
  }
  return kept;
}
