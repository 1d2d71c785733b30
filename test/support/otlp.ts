import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';

export interface Span {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  status?: { code?: number };
  resource: Record<string, unknown>;
}

/** A receiver of OTLP over HTTP, in JSON. */
export async function receive(answers = true) {
  const got = {
    spans: [] as Span[],
    metrics: new Map<string, unknown[]>(),
    bodies: '',
    headers: [] as unknown[],
  };
  const server = createServer(async (request, response) => {
    const body = await text(request);
    got.bodies += body;
    got.headers.push(request.headers['x-owner']);
    if (!answers) return;
    response.setHeader('content-type', 'application/json').end('{}');
    const attributes = (list: { key: string; value: Record<string, unknown> }[]) =>
      Object.fromEntries(list.map(({ key, value }) => [key, Object.values(value)[0]]));
    const { resourceSpans = [], resourceMetrics = [] } = JSON.parse(body);
    for (const { resource, scopeSpans } of resourceSpans)
      for (const { spans } of scopeSpans)
        got.spans.push(
          ...spans.map((span: Span) => ({ ...span, resource: attributes(resource.attributes) })),
        );
    for (const { scopeMetrics } of resourceMetrics)
      for (const { metrics } of scopeMetrics)
        for (const { name, gauge, histogram, sum } of metrics)
          got.metrics.set(name, (gauge ?? histogram ?? sum).dataPoints);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { got, endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}
