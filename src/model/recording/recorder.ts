import { loadIds } from '../../store/ids.ts';
import { openJournal } from '../../store/journal.ts';
import { RECORD_VERSION } from '../../store/record.ts';
import { metered, type Usage } from '../meter.ts';
import { conversationOf } from '../rehearsal/history.ts';
import { parseCreate } from '../rehearsal/request.ts';
import type { ModelRequest, ModelResponse, Upstream } from '../upstream.ts';
import { type Exchange, readRecording } from './exchange.ts';
import { named, type Places } from './plain.ts';
import { type RecordedReply, replyReader } from './reply.ts';
import { mapTexts } from './texts.ts';
import { keyOf, standingOf } from './thread.ts';

interface RecorderOptions {
  file: string;
  places: Places;
  withoutSecrets: (text: string) => string;
  incarnation: number;
  /** Told when something could not be recorded; the agents go on. */
  onFailure: (error: unknown) => void;
}

/** Begins a recording; the file must not be there yet. */
export async function beginRecording(file: string, team: { name: string; job: string }): Promise<void> {
  const ids = await loadIds();
  await openJournal(file).append({
    ...{ v: RECORD_VERSION, id: ids(), type: 'recording', by: 'team', incarnation: 0 },
    ...{ at: new Date().toISOString(), team: team.name, job: team.job },
  });
}

/** The same upstream; each whole answer, and what it answers, is appended to a recording. Nothing is held up. */
export function recorded(upstream: Upstream, options: RecorderOptions): Upstream {
  const { file, places, withoutSecrets, incarnation, onFailure } = options;
  const clean = (text: string): string => withoutSecrets(named(text, places));
  let known: Set<string> | undefined;
  let last = '';

  const write = async (
    { agent, body }: ModelRequest,
    said: RecordedReply,
    used: { model: string | null; usage: Usage },
  ): Promise<void> => {
    known ??= new Set(keysIn(file, agent.name));
    const conversation = mapTexts(conversationOf(parseCreate(body).messages), clean);
    const who = `${agent.role} ${agent.name}`;
    const isKnown = (key: string): boolean => known?.has(key) === true;
    const { key, input, isAfterSummary } = standingOf(conversation, who, isKnown);
    const reply = mapTexts(said, clean);
    // Along which a conversation is followed that begins anew with a summary, as if it had gone on.
    const parent = isAfterSummary ? last : key;
    const own = keyOf(key, who, input, { ...reply, calls: reply.calls.map((call) => ({ id: '', ...call })) });
    known.add(own);
    if (agent.role !== 'subagent') last = own;
    const exchange: Exchange = {
      ...{ by: agent.name, role: agent.role, key: own, parent, input, isAfterSummary, reply },
      ...{ model: used.model, usage: used.usage },
    };
    const ids = await loadIds();
    const head = { v: RECORD_VERSION, id: ids(), incarnation, at: new Date().toISOString() } as const;
    await openJournal(file).append({ ...head, type: 'exchange', ...exchange });
  };

  return {
    kind: upstream.kind,
    label: upstream.label,
    send: async (request) => {
      const response = await upstream.send(request);
      if (request.path !== '/v1/messages' || response.status !== 200) return response;
      const reader = replyReader(response);
      return metered(watched(response, reader.feed), (used) => {
        const said = reader.whole();
        if (said !== undefined) void write(request, said, used).catch(onFailure);
      });
    },
    [Symbol.asyncDispose]: () => upstream[Symbol.asyncDispose](),
  };
}

function watched(response: ModelResponse, feed: (chunk: Uint8Array) => void): ModelResponse {
  const passing = async function* () {
    for await (const chunk of response.body) {
      feed(chunk);
      yield chunk;
    }
  };
  return { ...response, body: passing() };
}

function keysIn(file: string, agent: string): string[] {
  try {
    return readRecording(file).flatMap(({ by, key }) => (by === agent ? [key] : []));
  } catch {
    return []; // nothing is in it yet
  }
}
