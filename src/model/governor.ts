import { existsSync, readFileSync, rmSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { CoworkError } from '../protocol/errors.ts';
import { withLock } from '../store/lock.ts';
import { replaceFile } from '../store/replace-file.ts';
import { wholeResponse } from './api-error.ts';
import type { ModelRequest, ModelResponse, Upstream } from './upstream.ts';

/** How a team's agents slow down together; times in milliseconds since 1970. The file is only there while they do. */
interface Pace {
  v: 1;
  /** No request goes out before this. */
  notBefore: number;
  /** Between two requests of the team. */
  intervalMs: number;
  /** When the next request may go out. */
  next: number;
}

export interface GovernorOptions {
  /** The team's file that all its keepers look at. */
  file: string;
  /** Told why a request waits, and with '' when it goes on. */
  onWait?: (why: string) => void;
  now?: () => number;
  random?: () => number;
  /** Pause after the first failure when the server names none; doubles with each. */
  firstPauseMs?: number;
}

/** Requests for one answer, when the server is overloaded or broken, and when it says that there were too many. */
const TRIES = 6;
const TRIES_RATE = 30;
const FIRST_PAUSE_MS = 500;
const PAUSE_MAX_MS = 60_000;
/** Longest wait that is believed, whatever a server, a clock or the file says. */
const WAIT_MAX_MS = 600_000;
const FIRST_INTERVAL_MS = 250;
const INTERVAL_MAX_MS = 30_000;

/**
 * The same upstream, asked again when it fails for a moment. When it says that there are too many requests (429, 529), all
 * agents of the team wait together and then take turns, one request after another in the order in which they asked, ever
 * faster while it goes well. The state is one small file, written under its lock and only while they are slowed down;
 * who is killed with a turn in hand costs the others that turn.
 */
export function governed(upstream: Upstream, options: GovernorOptions): Upstream {
  const { file, onWait = () => {}, now = Date.now, random = Math.random } = options;
  const firstPauseMs = options.firstPauseMs ?? FIRST_PAUSE_MS;
  let queue: Promise<void> = Promise.resolve();

  const waitMs = async (ms: number, why: string, signal: AbortSignal): Promise<void> => {
    if (ms <= 0) return;
    onWait(`${why}; again in ${Math.ceil(ms / 1000)} s`);
    await delay(ms, undefined, { signal }).finally(() => onWait(''));
  };

  /** While the team is slowed down, an agent has one place in the line, however many sub-agents it runs. */
  const turn = async (signal: AbortSignal): Promise<void> => {
    if (!existsSync(file)) return;
    const mine = queue.then(async () => {
      signal.throwIfAborted();
      const at = await takeTurn(file, now());
      await waitMs(Math.min(at - now(), WAIT_MAX_MS), 'the model server asked the team to slow down', signal);
    });
    queue = mine.catch(() => {}); // who waited has the error
    await mine;
  };

  return {
    kind: upstream.kind,
    label: upstream.label,
    send: async (request) => {
      for (let tries = 1; ; tries++) {
        await turn(request.signal);
        const response = await upstream.send(request);
        if (!mayRetry(response)) {
          if (response.status === 200 && existsSync(file)) await ease(file);
          return response;
        }
        const said = await whole(response, request);
        const isRate = response.status === 429;
        const pause =
          pauseOf(response, now()) ??
          Math.min(firstPauseMs * 2 ** (tries - 1), PAUSE_MAX_MS) * (0.75 + random() / 2);
        if (isRate || response.status === 529) await slowDown(file, now(), pause);
        if (tries >= (isRate ? TRIES_RATE : TRIES) || pause > WAIT_MAX_MS) return said;
        await waitMs(pause, `the model server answered ${response.status}`, request.signal);
      }
    },
    [Symbol.asyncDispose]: () => upstream[Symbol.asyncDispose](),
  };
}

function mayRetry({ status, headers }: ModelResponse): boolean {
  if (headers['x-should-retry'] === 'false' || status < 400) return false;
  return headers['x-should-retry'] === 'true' || status === 408 || status === 429 || status >= 500;
}

/** The server's own word on when to come back, in milliseconds from now. Source: RFC 9110, 10.2.3, and the API's headers. */
function pauseOf({ headers }: ModelResponse, now: number): number | undefined {
  const ms = Number(headers['retry-after-ms'] ?? Number.NaN);
  if (ms >= 0) return ms;
  const after = headers['retry-after'];
  if (after === undefined) return undefined;
  const wait = /^\d+(\.\d+)?$/.test(after) ? Number(after) * 1000 : Date.parse(after) - now;
  return Number.isNaN(wait) ? undefined : Math.max(0, wait);
}

/** The answer with its body taken in, so that nothing of it is left open while it is asked for again. */
async function whole(response: ModelResponse, { signal }: ModelRequest): Promise<ModelResponse> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of response.body) chunks.push(chunk);
  signal.throwIfAborted();
  return wholeResponse(response.status, Buffer.concat(chunks), response.headers);
}

/** Takes the next place in the line; returns when it is due. */
async function takeTurn(file: string, now: number): Promise<number> {
  let due = now;
  await change(file, (pace) => {
    if (pace === undefined) return undefined;
    due = Math.max(now, pace.notBefore, pace.next);
    return { ...pace, next: due + pace.intervalMs };
  });
  return due;
}

async function slowDown(file: string, now: number, pauseMs: number): Promise<void> {
  const notBefore = now + Math.min(pauseMs, WAIT_MAX_MS);
  await change(file, (pace) => ({
    v: 1,
    notBefore: Math.max(notBefore, pace?.notBefore ?? 0),
    intervalMs: Math.min(INTERVAL_MAX_MS, Math.max(FIRST_INTERVAL_MS, 2 * (pace?.intervalMs ?? 0))),
    next: Math.max(notBefore, pace?.next ?? 0),
  }));
}

/** An answer came: the team may go faster, and at full speed once it was fast enough for a while. */
async function ease(file: string): Promise<void> {
  await change(file, (pace) =>
    pace === undefined || pace.intervalMs < FIRST_INTERVAL_MS / 4
      ? 'full speed'
      : { ...pace, intervalMs: pace.intervalMs * 0.7 },
  );
}

async function change(
  file: string,
  to: (pace: Pace | undefined) => Pace | 'full speed' | undefined,
): Promise<void> {
  const work = async (): Promise<void> => {
    const next = to(read(file));
    if (next === 'full speed') rmSync(file, { force: true });
    else if (next !== undefined) await replaceFile(file, JSON.stringify(next), { durable: false });
  };
  await withLock(file, work).catch((error: unknown) => {
    // Manners only: who can't get in line goes on, and is told by the server when that was too soon.
    if (!(error instanceof CoworkError)) throw error;
  });
}

function read(file: string): Pace | undefined {
  try {
    const pace = JSON.parse(readFileSync(file, 'utf8')) as Pace; // written by `change`
    return [pace.notBefore, pace.intervalMs, pace.next].every(Number.isFinite) ? pace : undefined;
  } catch {
    return undefined; // not there, or cut by a full disk: the team goes at full speed
  }
}
