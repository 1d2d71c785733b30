import { open } from 'node:fs/promises';
import { z } from 'zod';
import { CoworkError } from '../../protocol/errors.ts';
import { openJournalReader } from '../../store/journal-reader.ts';

const Input = z.object({
  results: z.array(z.object({ text: z.string(), isError: z.boolean() })),
  texts: z.array(z.string()),
});

/** What came from an agent's side since its last message: the results of its calls in their order, and texts. */
export type HeardInput = z.infer<typeof Input>;

const ExchangeShape = z.object({
  by: z.string(),
  role: z.enum(['lead', 'teammate', 'subagent']),
  /** Names the conversation up to and with this message; `parent` the same before it, `''` at its beginning. */
  key: z.string(),
  parent: z.string(),
  input: Input,
  /** The conversation before was replaced by a summary, so of the input nothing is known. */
  isAfterSummary: z.boolean(),
  reply: z.object({
    text: z.string(),
    calls: z.array(z.object({ name: z.string(), input: z.record(z.string(), z.unknown()) })),
  }),
  model: z.string().nullable(),
  usage: z.object({ input: z.number(), output: z.number(), cacheRead: z.number(), cacheWrite: z.number() }),
});

/** One request to a model and what it said, without what is secret, and with folders by their names. */
export type Exchange = z.infer<typeof ExchangeShape>;

/** Whether a file is a recording: its first record says so. */
export async function looksRecorded(file: string): Promise<boolean> {
  const handle = await open(file).catch(() => undefined);
  if (handle === undefined) return false;
  await using _ = handle;
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD_MAX), 0, HEAD_MAX, 0);
  return (
    buffer.toString('utf8', 0, bytesRead).trimStart().split('\n', 1)[0]?.includes('"type":"recording"') ===
    true
  );
}

/** So many bytes from the beginning of a file tell what it is. */
const HEAD_MAX = 400;

/** Reads a recording, the oldest exchange first. Throws REHEARSAL_INVALID when nothing is in it. */
export function readRecording(file: string): Exchange[] {
  const reader = openJournalReader(file, (record) => {
    if (record.type !== 'exchange') return { malformed: 'no exchange' };
    const parsed = ExchangeShape.safeParse(record);
    return parsed.success ? { record: parsed.data } : { malformed: 'no exchange of this version' };
  });
  const { records } = reader.read();
  if (records.length > 0) return records;
  throw new CoworkError('REHEARSAL_INVALID', `The recording ${file} holds no answer of a model.`);
}
