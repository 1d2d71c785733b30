import type { Upstream } from './upstream.ts';

/** The same upstream, asked at once, whose answers wait until everything is `ready`: an agent that has no answer can't use its tools too early. */
export function heldBack(upstream: Upstream, ready: () => Promise<void>): Upstream {
  return {
    kind: upstream.kind,
    label: upstream.label,
    send: async (request) => {
      const [response] = await Promise.all([upstream.send(request), ready()]);
      return response;
    },
    [Symbol.asyncDispose]: () => upstream[Symbol.asyncDispose](),
  };
}
