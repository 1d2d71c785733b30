import { expect, test } from 'vitest';
import type { Exchange } from '../../../src/model/recording/exchange.ts';
import { recordingPlayer } from '../../../src/model/recording/player.ts';

const BEGIN = 'The job is yours. Begin.';

function exchange(by: string, role: Exchange['role'], reply: Exchange['reply']): Exchange {
  return {
    ...{
      by,
      role,
      key: by,
      parent: '',
      input: { results: [], texts: [BEGIN] },
      isAfterSummary: false,
      reply,
    },
    ...{ model: null, usage: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 } },
  };
}

/** The lead waits, and then gets this mail of ada, which it did not get when it was recorded. */
function leadHears(text: string) {
  const letter = { name: 'send_message', input: { to: 'lead', text: 'I am late.' } };
  const exchanges = [
    exchange('lead', 'lead', { text: 'I wait.', calls: [] }),
    exchange('ada', 'teammate', { text: '', calls: [letter] }),
  ];
  const mail = `A message from ada, a teammate.\nMAIL ${JSON.stringify({ from: 'ada', kind: 'message', text })}`;
  const player = recordingPlayer({ exchanges, places: { folders: [] }, withoutSecrets: (all) => all });
  const messages: Parameters<typeof player.play>[1] = [
    { role: 'user', content: [{ type: 'text', text: BEGIN }] },
    { role: 'assistant', content: [{ type: 'text', text: 'I wait.' }] },
    { role: 'user', content: [{ type: 'text', text: mail }] },
  ];
  return player.play({ name: 'lead', role: 'lead' } as Parameters<typeof player.play>[0], messages);
}

test('mail that nobody wrote in the recording is where the team differs from it', () => {
  expect(() => leadHears('Something new.')).toThrow(
    /differ at message 2 of lead: the recorded agent never heard/,
  );
});

test('mail that was written, and came too late to be read then, decides nothing', () => {
  expect(leadHears('I am late.')).toMatchObject({ text: 'The recording says nothing here yet.', calls: [] });
});
