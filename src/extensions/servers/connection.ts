import { setTimeout as delay } from 'node:timers/promises';
import type { Client, Transport } from '@modelcontextprotocol/client';
import type { AnswerBlock, CallAnswer } from '../../protocol/servers.ts';
import { answerOf, blocksOf, resourceOf } from './answer.ts';
import { createBrake } from './brake.ts';
import { type CallWatch, watchCall } from './call-watch.ts';
import { type ClientHandlers, type Negotiation, openClient } from './client.ts';
import { LISTED_MAX, listsOf, type ServerState, type ServerView } from './lists.ts';
import { oneAtATime } from './one-at-a-time.ts';
import { progressText } from './progress-text.ts';
import { ServerRefusal } from './refusal.ts';
import { callAsTask } from './task-call.ts';
import { tolerant } from './tolerant.ts';
import { watchResources } from './watched-resources.ts';

export interface ConnectionOptions {
  name: string;
  /** Opens a way to the server, anew for each attempt. */
  open: (signal: AbortSignal, negotiation: Negotiation) => Promise<Transport & { hasEnded?: boolean }>;
  /** Waits until it may come up; what it gives is called when it has, or has failed. */
  turn?: (signal: AbortSignal) => Promise<() => void>;
  /** How to find out which revision it speaks, in this order. */
  negotiations: readonly Negotiation[];
  handlers: ClientHandlers;
  /** How long it may take to answer for the first time, and a call without progress, milliseconds. */
  startMs: number;
  callMs: number;
  /** Resolves when the user may have done since what it waits for. */
  untilMended?: (state: 'login' | 'unset', signal: AbortSignal) => Promise<void>;
  /** What it said last on its stderr. */
  lastWords?: () => string;
  /** A resource that was read has changed since. */
  onUpdated?: (uri: string) => void;
  onChange: () => void;
}

export interface ServerConnection extends AsyncDisposable {
  readonly view: ServerView;
  /** Whether it has come up, or failed once. */
  readonly hasSettled: boolean;
  call(
    tool: string,
    input: Record<string, unknown>,
    of: { signal: AbortSignal; onProgress: (text: string) => void },
  ): Promise<CallAnswer>;
  read(uri: string, signal: AbortSignal): Promise<AnswerBlock[]>;
  prompt(name: string, given: Record<string, string>, signal: AbortSignal): Promise<string>;
  /** What it suggests for an argument of a prompt that begins so. */
  complete(prompt: string, argument: string, begun: string): Promise<string[]>;
}

/** Attempts in a row before a server counts as failed, and the life after which they are counted anew. */
const ATTEMPTS = 5;
const STEADY_MS = 60_000;
const PAUSE_MS = 1_000;
/** How long a server may take to list what it has, a page, milliseconds. */
const LIST_MS = 60_000;

const NOTHING = { tools: [], prompts: [], resources: [], instructions: '', protocol: '' };

/** Connects to a server, and again when it ends, until it is disposed of. */
export function connectServer(options: ConnectionOptions): ServerConnection {
  const { onChange, startMs } = options;
  const ending = new AbortController();
  let hasSettled = false;
  const calls = new Set<CallWatch>();
  let view: ServerView = { ...NOTHING, state: 'starting', reason: '' };
  let client: Client | undefined;
  let watch: (uri: string) => Promise<void> = async () => {};
  let at = 0;
  const set = (change: Partial<ServerView>): void => {
    view = { ...view, ...change };
    hasSettled = true;
    onChange();
  };
  const handlers: ClientHandlers = {
    ...options.handlers,
    // While the user is asked, no call is late.
    elicit: async (asked, signal) => {
      for (const call of calls) call.hold();
      try {
        return await options.handlers.elicit(asked, signal);
      } finally {
        for (const call of calls) call.goOn();
      }
    },
  };

  /** One connection, from its start to its end; gives why it ended. */
  const live = async (): Promise<{ why: string; isOver: ServerState | undefined }> => {
    const isUp = (await options.turn?.(ending.signal)) ?? (() => {});
    try {
      return await connected(isUp);
    } finally {
      isUp();
    }
  };

  const connected = async (isUp: () => void): Promise<{ why: string; isOver: ServerState | undefined }> => {
    const closed = Promise.withResolvers<void>();
    const abort = AbortSignal.any([ending.signal, AbortSignal.timeout(startMs)]);
    let opened: Client;
    let refresh: (() => Promise<void>) | undefined;
    let transport: Awaited<ReturnType<ConnectionOptions['open']>> | undefined;
    let spoilt: string[] = [];
    let storm: string | undefined;
    const negotiation = options.negotiations[at] ?? 'legacy';
    try {
      transport = await options.open(abort, negotiation);
      const brake = createBrake({
        onStorm: (what) => {
          storm = what;
          if (view.state === 'ready') set({ reason: what });
        },
        onEnd: () => void transport?.close().catch(() => {}), // it may have gone already
      });
      const leaveOut = (names: string[]): void => {
        spoilt = names.map((name) => `the tool ${JSON.stringify(name)} is left out: its input is no object`);
      };
      tolerant(transport, leaveOut, brake);
      opened = await openClient(transport, {
        ...{ negotiation, handlers, startMs, signal: abort },
        onClose: () => closed.resolve(),
        onListChanged: () => void refresh?.().catch(() => {}), // its end is told elsewhere
      });
    } catch (error) {
      const over = endOf(error);
      if (over.isOver !== undefined) return over;
      // One that has ended itself would do so again.
      if (transport?.hasEnded !== true) at = (at + 1) % options.negotiations.length;
      const late = abort.aborted && !ending.signal.aborted;
      return late ? { why: `it did not answer within ${startMs / 1000} s`, isOver: undefined } : over;
    }
    client = opened;
    watch = watchResources(opened, (uri) => options.onUpdated?.(uri));
    refresh = oneAtATime(async () => {
      spoilt = [];
      const { leftOut, ...lists } = await listsOf(options.name, opened, Math.min(startMs, LIST_MS));
      const reason = [...(storm === undefined ? [] : [storm]), ...spoilt, ...leftOut]
        .join('; ')
        .slice(0, 1_000);
      if (client === opened) set({ ...lists, reason, state: 'ready' });
    });
    try {
      await refresh();
    } catch (error) {
      await opened.close();
      return endOf(error);
    }
    isUp();
    await Promise.race([closed.promise, once(ending.signal)]);
    client = undefined;
    await opened.close().catch(() => {}); // it has gone already
    return { why: 'it has ended', isOver: undefined };
  };

  const run = async (): Promise<void> => {
    for (let failures = 0; ; ) {
      const began = performance.now();
      const tried = at;
      const { why, isOver } = await live();
      if (ending.signal.aborted) return set({ ...NOTHING, state: 'ended', reason: '' });
      if (isOver !== undefined) set({ ...NOTHING, state: isOver, reason: why });
      if ((isOver === 'login' || isOver === 'unset') && options.untilMended !== undefined) {
        await options.untilMended(isOver, ending.signal);
        continue;
      }
      if (isOver !== undefined) return;
      // Another revision is tried at once, and is no failure.
      if (at !== tried && at !== 0) continue;
      failures = performance.now() - began > STEADY_MS ? 1 : failures + 1;
      const words = options.lastWords?.() ?? '';
      const reason = words === '' ? why : `${why}. It said: ${words}`;
      if (failures >= ATTEMPTS) return set({ ...NOTHING, state: 'failed', reason });
      set({ ...NOTHING, state: 'starting', reason });
      await delay(PAUSE_MS * 2 ** (failures - 1), undefined, { signal: ending.signal }).catch(() => {});
    }
  };
  const running = run();

  const ready = (): Client => {
    if (client !== undefined && view.state === 'ready') return client;
    throw new Error(
      `The server ${options.name} is ${view.state}${view.reason === '' ? '' : `: ${view.reason}`}`,
    );
  };
  return {
    get view() {
      return view;
    },
    get hasSettled() {
      return hasSettled;
    },
    call: async (tool, input, { signal, onProgress }) => {
      const using = ready();
      const watch = watchCall(signal, options.callMs);
      calls.add(watch);
      const onprogress = (progress: Parameters<typeof progressText>[0]): void => {
        watch.progress();
        onProgress(progressText(progress));
      };
      try {
        const asked = { name: tool, arguments: input };
        const { requestOptions } = watch;
        const isTask = view.tools.some(({ ownName, isTask }) => isTask && ownName === tool);
        if (isTask)
          return answerOf(await callAsTask(using, asked, { requestOptions, onProgress: onprogress }));
        return answerOf(await using.callTool(asked, { ...requestOptions, onprogress }));
      } catch (error) {
        throw watch.reason() ?? error;
      } finally {
        calls.delete(watch);
        watch.end();
      }
    },
    read: async (uri, signal) => {
      const using = ready();
      const { contents } = await using.readResource({ uri }, { signal, cacheMode: 'refresh' });
      void watch(uri);
      return contents.slice(0, LISTED_MAX).map((content) => resourceOf(content));
    },
    prompt: async (name, given, signal) => {
      const { messages } = await ready().getPrompt({ name, arguments: given }, { signal });
      return messages
        .slice(0, LISTED_MAX)
        .map(({ role, content }) => {
          const text = blocksOf([content]).map((block) =>
            block.type === 'text' ? block.text : '[an image]',
          );
          return messages.length === 1 ? text.join('\n') : `${role}: ${text.join('\n')}`;
        })
        .join('\n\n');
    },
    complete: async (prompt, argument, begun) => {
      const using = ready();
      if (using.getServerCapabilities()?.completions === undefined) return [];
      const { completion } = await using.complete({
        ref: { type: 'ref/prompt', name: prompt },
        argument: { name: argument, value: begun },
      });
      return completion.values.slice(0, 20).map((value) => value.slice(0, 100));
    },
    [Symbol.asyncDispose]: async () => {
      ending.abort(new Error('the agent ends'));
      await client?.close().catch(() => {}); // gone already
      await running;
    },
  };
}

/** Why a connection did not come about, and whether another attempt could mend that. */
function endOf(error: unknown): { why: string; isOver: ServerState | undefined } {
  const why = error instanceof Error ? error.message : String(error);
  if (error instanceof ServerRefusal) return { why, isOver: error.state };
  return { why, isOver: (error as { status?: unknown }).status === 401 ? 'login' : undefined };
}

const once = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
