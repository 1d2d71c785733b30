import http from 'node:http';
import { onTestFinished } from 'vitest';
import { type Dashboard, serveDashboard } from '../../../src/web/serve.ts';
import type { TeamEvent } from '../../../src/web/shapes.ts';
import { faultsOf, faultsOfEvent } from './documented.ts';

export interface Answer {
  status: number;
  headers: http.IncomingHttpHeaders;
  text: string;
  json: Record<string, never> & { error: { code: string; message: string; hint: string } };
}

/** A dashboard and somebody who asks it, with whatever headers. */
export interface Asker {
  dashboard: Dashboard;
  origin: string;
  /** The cookie of a session, as a browser would send it. */
  cookie: string;
  ask(
    path: string,
    options?: { method?: string; headers?: Record<string, string>; body?: unknown },
  ): Promise<Answer>;
  /** As the page asks: with cookie, Origin and JSON. */
  get(path: string): Promise<Answer>;
  post(path: string, body: unknown): Promise<Answer>;
}

/** Serves a home until the test ends, and lets one browser in. */
export async function openDashboard(
  home: string,
  rights: 'full' | 'read' = 'full',
  env: NodeJS.ProcessEnv = {},
): Promise<Asker> {
  const dashboard = await serveDashboard({ home, env, port: 0 });
  onTestFinished(() => dashboard[Symbol.asyncDispose]());
  const origin = `http://127.0.0.1:${dashboard.port}`;
  const asker: Asker = {
    ...{ dashboard, origin, cookie: '' },
    ask: (path, options = {}) => ask(dashboard.port, path, options),
    get: (path) => asker.ask(path, { headers: { cookie: asker.cookie } }),
    post: (path, body) =>
      asker.ask(path, { method: 'POST', headers: { cookie: asker.cookie, origin }, body }),
  };
  asker.cookie = await enter(asker, dashboard.link(rights));
  return asker;
}

/** Uses a link; gives the cookie of the session. */
export async function enter(asker: Asker, link: string): Promise<string> {
  const { pathname, search } = new URL(link);
  const { headers } = await asker.ask(`${pathname}${search}`);
  return headers['set-cookie']?.[0]?.split(';')[0] ?? '';
}

function ask(
  port: number,
  path: string,
  {
    method = 'GET',
    headers = {},
    body,
  }: { method?: string; headers?: Record<string, string>; body?: unknown },
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const all = body === undefined ? headers : { 'content-type': 'application/json', ...headers };
    // `path` goes out as it is: no client mends `..` on the way.
    const request = http.request({ host: '127.0.0.1', port, path, method, headers: all }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (data) => {
        text += data;
      });
      response.on('end', () => {
        const { statusCode: status = 0, headers } = response;
        const isJson = headers['content-type']?.startsWith('application/json') === true;
        const json = isJson ? JSON.parse(text) : {};
        const faults = isJson ? faultsOf(method, path, status, json) : [];
        if (faults.length > 0)
          reject(new Error(`${method} ${path} is not as documented: ${faults.join('; ')}`));
        resolve({ status, headers, text, json });
      });
    });
    request.setTimeout(20_000, () => request.destroy(new Error(`no answer to ${path}`)));
    request.on('error', reject);
    request.end(typeof body === 'string' || body === undefined ? body : JSON.stringify(body));
  });
}

/** A reader of a team's stream, as a browser's EventSource is one. */
export interface StreamReader {
  events: TeamEvent[];
  lastId: string;
  close(): void;
}

export function readStream(asker: Asker, team: string, headers: Record<string, string>): StreamReader {
  const faults: string[] = [];
  const reader: StreamReader = { events: [], lastId: '', close: () => request.destroy() };
  let rest = '';
  const request = http.get(
    {
      ...{ host: '127.0.0.1', port: asker.dashboard.port, path: `/api/teams/${team}/events` },
      headers: { cookie: asker.cookie, ...headers },
    },
    (response) => {
      response.setEncoding('utf8');
      response.on('data', (data) => {
        const blocks = `${rest}${data}`.split('\n\n');
        rest = blocks.pop() ?? '';
        for (const block of blocks) {
          const field = (name: string) =>
            block
              .split('\n')
              .find((line) => line.startsWith(`${name}: `))
              ?.slice(name.length + 2);
          const data = field('data');
          if (data === undefined) continue;
          reader.lastId = field('id') ?? reader.lastId;
          const event = JSON.parse(data);
          faults.push(...faultsOfEvent(event));
          reader.events.push(event);
        }
      });
      response.on('error', () => {}); // it is cut off at the end
    },
  );
  request.on('error', () => {}); // the same
  onTestFinished(() => {
    request.destroy();
    if (faults.length > 0) throw new Error(`events are not as documented: ${faults.join('; ')}`);
  });
  return reader;
}
