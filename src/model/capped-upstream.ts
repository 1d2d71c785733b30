import { apiError } from './api-error.ts';
import type { Upstream } from './upstream.ts';

/**
 * The same upstream for at most `max` messages. The agent counts its replies by itself and stops earlier; this holds also
 * for a guest that does not. The refusal is one that the SDK does not repeat.
 */
export function cappedUpstream(upstream: Upstream, max: number): Upstream {
  let asked = 0;
  return {
    kind: upstream.kind,
    label: upstream.label,
    send: async (request) => {
      if (request.path === '/v1/messages' && ++asked > max) {
        return apiError(
          403,
          `This agent has asked the model ${max} times, which is its limit (--max-turns).`,
        );
      }
      return upstream.send(request);
    },
    [Symbol.asyncDispose]: () => upstream[Symbol.asyncDispose](),
  };
}
