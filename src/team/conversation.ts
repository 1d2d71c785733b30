import type { TranscriptBlock, TranscriptEntry } from '../protocol/gate.ts';
import { TranscriptEntryShape } from '../protocol/gate-requests.ts';
import { openJournalReader } from '../store/journal-reader.ts';
import type { RecordHead } from '../store/record.ts';
import { transcriptFile } from './paths.ts';

/** A record of a transcript: what was said, with when and in which life. */
export interface Said extends RecordHead {
  entry: TranscriptEntry;
}

/** One reply of an agent's model, with what its tools answered. */
export interface Turn {
  /** From 1, over all lives of the agent. */
  turn: number;
  at: string;
  /** What the model said, and the tools that it called. */
  text: string;
  tools: string[];
  /** How many records of the transcript there are up to its end: in front of the next reply. */
  end: number;
  /** When the last of them was written. */
  until: string;
}

/** All of an agent's transcript, in its order; empty when it has not said anything. */
export function readConversation(dir: string, agent: string): Said[] {
  return openJournalReader(transcriptFile(dir, agent), (record) => {
    const entry = TranscriptEntryShape.safeParse(record.entry);
    return entry.success ? { record: { ...record, entry: entry.data } } : { malformed: 'no entry' };
  }).read().records;
}

/** The turns of a conversation. A reply that is too large for one record stands in several. */
export function turnsOf(conversation: readonly Said[]): Turn[] {
  const turns: Turn[] = [];
  let isReply = false;
  conversation.forEach(({ entry, at }, index) => {
    if (entry.type === 'note') return;
    if (entry.type === 'assistant' && !isReply)
      turns.push({ turn: turns.length + 1, at, text: '', tools: [], end: 0, until: at });
    isReply = entry.type === 'assistant';
    const turn = turns.at(-1);
    if (turn === undefined) return;
    turn.end = index + 1;
    turn.until = at;
    if (!isReply) return;
    turn.text = [turn.text, ...entry.content.map(textOf)].filter((text) => text !== '').join(' ');
    turn.tools.push(...entry.content.flatMap((block) => (isCall(block) ? [block.name] : [])));
  });
  return turns;
}

/** The ids of all messages that were put into a conversation. `agent/incoming.ts` writes them so. */
export function mailIn(conversation: readonly Said[]): Set<string> {
  const texts = conversation.flatMap(({ entry }) =>
    entry.type === 'user' || entry.type === 'compacted' ? entry.content.map(textOf) : [],
  );
  return new Set(
    texts.flatMap((text) => [...text.matchAll(/^MAIL \{"id":"([0-9A-Z]{26})"/gm)].map(([, id]) => id ?? '')),
  );
}

const textOf = ({ type, text }: TranscriptBlock): string =>
  type === 'text' && typeof text === 'string' ? text : '';

const isCall = (block: TranscriptBlock): block is TranscriptBlock & { name: string } =>
  block.type === 'tool_use' && typeof block.name === 'string';
