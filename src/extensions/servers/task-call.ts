import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@modelcontextprotocol/client';
import { z } from 'zod';

/** How a server says that a task fares: only what is looked at here. Source: MCP 2025-11-25, Tasks. */
const Task = z.looseObject({
  taskId: z.string().min(1).max(1_000),
  status: z.string(),
  statusMessage: z.string().nullish(),
  pollInterval: z.number().nullish(),
});
const Called = z.looseObject({ task: Task.optional() });
const Result = z.looseObject({});

/** How long the server is to keep a result that nobody has fetched, in milliseconds. */
const KEPT_MS = 3_600_000;
/** Bounds of how often it is asked, whatever it wishes. */
const POLL_MIN_MS = 200;
const POLL_MAX_MS = 10_000;
const POLL_MS = 1_000;
/** For so long a server may take to hear that a task is not wanted any more. */
const CANCEL_MS = 5_000;

interface TaskCallOptions {
  requestOptions: { signal: AbortSignal; timeout: number };
  /** The server has told how it fares. */
  onProgress: (progress: { progress: number; message: string }) => void;
}

/**
 * Calls a tool that a server runs only as a task: the call is taken, asked after until it has ended or waits for an
 * answer of the user, and its result fetched. A call that is cut off is cancelled there. The client library has no calls for it.
 */
export async function callAsTask(
  client: Client,
  asked: { name: string; arguments: Record<string, unknown> },
  { requestOptions, onProgress }: TaskCallOptions,
): Promise<Record<string, unknown>> {
  const params = { ...asked, task: { ttl: KEPT_MS } };
  const { task, ...direct } = await client.request({ method: 'tools/call', params }, Called, requestOptions);
  // Some do it at once all the same.
  if (task === undefined) return direct;
  const { taskId } = task;
  try {
    let now = task;
    let told = '';
    for (let polls = 1; now.status === 'working'; polls++) {
      const message = now.statusMessage ?? '';
      if (message !== told) onProgress({ progress: polls, message });
      told = message;
      const wished = now.pollInterval ?? POLL_MS;
      await delay(Math.min(POLL_MAX_MS, Math.max(POLL_MIN_MS, wished)), undefined, {
        signal: requestOptions.signal,
      });
      now = await client.request({ method: 'tasks/get', params: { taskId } }, Task, requestOptions);
    }
    // Answered when the task has ended; what it asks of the user comes meanwhile.
    return await client.request({ method: 'tasks/result', params: { taskId } }, Result, requestOptions);
  } catch (error) {
    if (!requestOptions.signal.aborted) throw error;
    const cancel = client.request({ method: 'tasks/cancel', params: { taskId } }, Result, {
      timeout: CANCEL_MS,
    });
    await cancel.catch(() => {}); // it has ended, or so has the server
    throw requestOptions.signal.reason;
  }
}
