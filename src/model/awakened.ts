import type { AwakeClock } from '../store/awake.ts';
import { apiError, apiErrorBody } from './api-error.ts';
import { encodeEvent } from './sse.ts';
import type { ModelRequest, ModelResponse, Upstream } from './upstream.ts';

/** How long an answer may stand still once this machine has slept in it, in milliseconds. */
const GRACE_MS = 30_000;
const WHY = 'this machine has slept, and the answer did not go on.';

/**
 * The same upstream for a machine that may sleep. A connection that was open then is often dead without knowing, and would be waited for until its deadline: an
 * answer that then stands still is given up as one that was cut, and so is asked for again.
 */
export function awakened(
  upstream: Upstream,
  clock: Pick<AwakeClock, 'onSleep'>,
  graceMs = GRACE_MS,
): Upstream {
  const open = new Set<() => void>();
  clock.onSleep(() => {
    for (const slept of open) slept();
  });
  return {
    kind: upstream.kind,
    label: upstream.label,
    send: (request) => answerOf(upstream, request, open, graceMs),
    [Symbol.asyncDispose]: () => upstream[Symbol.asyncDispose](),
  };
}

async function answerOf(
  upstream: Upstream,
  request: ModelRequest,
  open: Set<() => void>,
  graceMs: number,
): Promise<ModelResponse> {
  const cut = new AbortController();
  let patience: NodeJS.Timeout | undefined;
  const slept = (): void => {
    patience ??= setTimeout(() => cut.abort(), graceMs);
  };
  // What had come before the sleep may be read after it: the rest must follow, too.
  const goesOn = (): void => void patience?.refresh();
  const end = (): void => {
    clearTimeout(patience);
    open.delete(slept);
  };
  open.add(slept);
  try {
    const response = await upstream.send({
      ...request,
      signal: AbortSignal.any([request.signal, cut.signal]),
    });
    goesOn();
    return { ...response, body: bodyOf(response, cut.signal, goesOn, end) };
  } catch (error) {
    end();
    if (!cut.signal.aborted || request.signal.aborted) throw error;
    return apiError(504, `The model server gave no answer: ${WHY}`);
  }
}

async function* bodyOf(
  { body, headers }: ModelResponse,
  cut: AbortSignal,
  goesOn: () => void,
  end: () => void,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of body) {
      goesOn();
      yield chunk;
    }
  } catch (error) {
    // What is cut is told in the words of the API, as far as they can be said in the middle of an answer.
    if (!cut.aborted || !/event-stream/.test(headers['content-type'] ?? '')) throw error;
    yield encodeEvent('error', JSON.parse(apiErrorBody('api_error', `The answer broke off: ${WHY}`)));
  } finally {
    end();
  }
}
