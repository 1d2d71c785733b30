import { z } from 'zod';
import { TranscriptEntryShape } from '../gate-requests.ts';
import { HOOK_OUTCOMES } from '../hooks.ts';
import { count, head, record } from './head.ts';

const number = z.int().nullable();

/** `agent.json`. */
export const agent = z.looseObject({
  v: z.literal(1),
  incarnation: count,
  state: z.string(),
  reason: z.string(),
  task: z.string().nullable(),
  pid: number.describe('its keeper’s process'),
  vmPid: number.describe('its machine’s process, or that of the agent without one'),
  tokens: z.looseObject({ input: count, output: count, cacheRead: count, cacheWrite: count }),
  costUsd: z.number().min(0),
  turns: count.optional(),
  messages: count.optional(),
});

export const transcriptRecord = z.looseObject({ ...head, type: z.string(), entry: TranscriptEntryShape });

const reached = { way: z.enum(['tunnel', 'request']), host: z.string() };

/** What its programs reached outside, and were refused. */
export const egressRecord = z.discriminatedUnion('type', [
  record('opened', { ...reached, rule: z.string(), address: z.string() }),
  record('closed', { ...reached, sent: count, received: count, ms: z.number().min(0) }),
  record('refused', {
    ...reached,
    kind: z.string(),
    why: z.string(),
    times: count.optional().describe('so many of this host by now; the 1st, 2nd, 4th, 8th … are written'),
  }),
]);

/** `hooks.json`: by the id of a hook. */
export const hooks = z.record(
  z.string(),
  z.looseObject({
    outcome: z.enum(HOOK_OUTCOMES),
    ms: z.number(),
    said: z.string(),
    runs: count,
    at: z.string(),
  }),
);
