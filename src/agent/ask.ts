import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { AFTER_HEADER, CONVERSATION_HEADER, SUBAGENT_HEADER } from '../protocol/gate.ts';
import type { GateClient } from './gate-client.ts';
import { COMPACTION_BETA, type History } from './history.ts';
import { ModelError } from './model-error.ts';
import { type Reply, type ReplyListener, ReplyReader } from './reply.ts';

/** The version of the API whose shapes are read here; the SDK of this release names the same. */
const API_VERSION = '2026-10-21';

/** What a server says that knows nothing of summaries. */
const NO_SUMMARIES = /anthropic-beta|compaction/i;

/** What stays the same from one request of a conversation to the next. */
export interface ModelSettings {
  model: string;
  max_tokens: number;
  system: { type: 'text'; text: string; cache_control?: { type: 'ephemeral' } }[];
  tools: { name: string; description?: string; input_schema: object }[];
  [setting: string]: unknown;
}

interface AskOptions {
  gate: GateClient;
  history: History;
  settings: ModelSettings;
  /** Whether a sub-agent asks. */
  isSubagent: boolean;
  betas?: readonly string[];
  listener: ReplyListener;
  /** Told what was said of a reply that does not come to its end. */
  onPartial?: (content: Reply['content']) => void;
  signal: AbortSignal;
}

/**
 * Asks the model for its next message. The keeper has the conversation as it was sent the last time, so only what is new
 * goes over the wire; a keeper that does not have it says so, and gets all of it.
 */
export async function ask(options: AskOptions): Promise<Reply> {
  const { history, signal } = options;
  for (const after of new Set([history.sent, 0])) {
    const { status, stream } = await send(options, after);
    if (status === 409 && after > 0) {
      stream.resume();
      continue;
    }
    if (status >= 400) {
      const error = ModelError.of(status, await readText(stream));
      if (status !== 400 || !history.isServersSummary || !NO_SUMMARIES.test(error.message)) throw error;
      // The summary was made by another server than the one that is asked now.
      history.makeSummaryPlain();
      return ask(options);
    }
    history.markSent();
    const reader = new ReplyReader(options.listener);
    try {
      for await (const events of eventData(stream)) for (const data of events) reader.take(data);
      if (reader.isWhole) return reader.reply;
    } catch (error) {
      options.onPartial?.(reader.partial);
      signal.throwIfAborted();
      if (error instanceof ModelError) throw error;
      throw new ModelError(undefined, undefined, 'the connection was lost');
    }
    options.onPartial?.(reader.partial);
    signal.throwIfAborted();
    throw new ModelError(undefined, undefined, 'it ended its answer in the middle');
  }
  throw new Error('the gate does not take the conversation');
}

function send({ gate, history, settings, isSubagent, signal, ...options }: AskOptions, after: number) {
  const wanted = [...(options.betas ?? []), ...(history.isServersSummary ? [COMPACTION_BETA] : [])];
  const betas = [...new Set(wanted)];
  const headers: Record<string, string> = {
    'anthropic-version': API_VERSION,
    'content-type': 'application/json',
    [CONVERSATION_HEADER]: history.id,
    [AFTER_HEADER]: String(after),
  };
  if (isSubagent) headers[SUBAGENT_HEADER] = '1';
  if (betas.length > 0) headers['anthropic-beta'] = betas.join(',');
  const { system, tools, ...rest } = settings;
  const head = JSON.stringify({ ...rest, stream: true }).slice(0, -1);
  const messages = JSON.stringify(history.messages.slice(after));
  const body = `${head},"system":${jsonOf(system)},"tools":${jsonOf(tools)},"messages":${messages}}`;
  return gate.open(
    'POST',
    betas.length > 0 ? '/v1/messages?beta=true' : '/v1/messages',
    headers,
    body,
    signal,
  );
}

const made = new WeakMap<object, string>();

/** The JSON of what is the same object from request to request, and never changes. */
function jsonOf(fixed: object): string {
  const known = made.get(fixed) ?? JSON.stringify(fixed);
  made.set(fixed, known);
  return known;
}

/** The data of server-sent events, of so many together as have come. */
async function* eventData(stream: Readable): AsyncGenerator<string[]> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  for await (const chunk of stream) {
    const events = (rest + decoder.write(chunk as Buffer)).split(/\r?\n\r?\n/);
    rest = events.pop() ?? '';
    yield events.map(dataOf).filter((data) => data !== '');
  }
}

function dataOf(event: string): string {
  // Nearly always one line of data behind one line of event.
  const at = event.startsWith('data:') ? 0 : event.indexOf('\ndata:') + 1;
  if (at === 0 && !event.startsWith('data:')) return '';
  const first = event.slice(at + 5);
  if (!first.includes('\n')) return first.trim();
  return event
    .split('\n')
    .flatMap((line) => (line.startsWith('data:') ? [line.slice(5).trim()] : []))
    .join('\n');
}

async function readText(stream: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
