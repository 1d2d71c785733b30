import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openTranscript } from '../../src/keeper/transcript.ts';
import { temporaryFolder } from '../support/temporary.ts';

const text = (words: string) => ({ type: 'text', text: words });
const summary = { type: 'compacted' as const, content: [text('a summary')] };

test('a transcript is read from its last summary on, and no words of a conversation pass for one', async () => {
  const file = join(await temporaryFolder(), 'transcript.jsonl');
  const transcript = openTranscript(file, 'ada', 1);
  expect(transcript.read()).toEqual([]);
  const before = [
    { type: 'user' as const, content: [text('Begin.')] },
    { type: 'assistant' as const, content: [text('One.')] },
  ];
  await transcript.append(before);
  expect(transcript.read()).toEqual(before);
  const after = [
    { type: 'user' as const, content: [text('"type":"compacted"')] },
    {
      type: 'assistant' as const,
      content: [{ type: 'tool_use', id: 'a', name: 'write', input: { type: 'compacted', content: [] } }],
    },
  ];
  await transcript.append([summary, ...before, summary, ...after]);
  expect(transcript.read()).toEqual([summary, ...after]);
  // A record that power loss has cut is none.
  appendFileSync(
    file,
    '\n{"v":1,"id":"x","type":"compacted","by":"ada","incarnation":1,"at":"2026","entry":{"type":"compacted","con',
  );
  expect(openTranscript(file, 'ada', 2).read()).toEqual([summary, ...after]);
});
