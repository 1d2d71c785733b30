import { z } from 'zod';
import { REACHES } from '../protocol/approval.ts';
import { IMAGE_NAMES } from '../protocol/images.ts';
import { Priority } from '../protocol/message.ts';
import { GRANT_MODES } from '../protocol/team.ts';

// What may be asked for and said: the bodies and the queries of all requests.

export const Word = z.strictObject({ text: z.string().min(1), priority: Priority.default('steer') });
export const Letter = Word.extend({ to: z.string(), replyTo: z.string().optional() });
export const Said = z.strictObject({
  isAllowed: z.boolean(),
  mode: z.enum(GRANT_MODES).optional(),
  reach: z.enum(REACHES).default('team'),
  limit: z.number().optional(),
  note: z
    .string()
    .max(16 * 1024)
    .default(''),
});
export const NewTask = z.strictObject({
  subject: z.string(),
  description: z.string().default(''),
  dependsOn: z.array(z.string()).default([]),
  owner: z.string().nullable().default(null),
});
export const TaskChange = z.strictObject({
  subject: z.string().optional(),
  description: z.string().optional(),
  dependsOn: z.array(z.string()).optional(),
  owner: z.string().nullable().optional(),
});
export const Release = z.strictObject({
  owner: z.string().nullable().optional(),
  reason: z.string().default('by the user'),
});
export const Cancel = z.strictObject({
  reason: z.string().default('by the user'),
  only: z.boolean().default(false),
});
export const Stop = z.strictObject({ agent: z.string().optional() });
export const Nothing = z.strictObject({});

/** A word of a command line; no zero byte gets into one. */
const Given = z
  .string()
  .min(1)
  .max(32 * 1024)
  .refine((text) => !text.includes('\0'), 'no zero bytes');

export const ChangesAsked = z.strictObject({ agent: Given.optional(), path: Given.optional() });
export const ChangesPut = ChangesAsked.extend({ force: z.boolean().default(false) });
export const LogAsked = z.strictObject({ agent: Given.optional() });
export const NoteAsked = z.strictObject({ name: Given });
/** Consent to a note as it was shown. */
export const NoteAgreed = z.strictObject({ name: Given, revision: Given });
export const ScheduleAsked = z.strictObject({ name: Given });
export const FolderAsked = z.strictObject({ path: Given.optional() });

/** A new team, in the words of `cowork launch`. */
export const Launch = z.strictObject({
  job: Given,
  team: Given,
  teammates: z.array(z.strictObject({ name: Given, role: z.string().max(4096).default('') })).max(64),
  grants: z.array(z.strictObject({ path: Given, mode: z.enum(GRANT_MODES) })).max(64),
  budget: z.number().positive().optional(),
  maxTurns: z.number().int().positive().optional(),
  model: Given.optional(),
  requirePlan: z.boolean().default(false),
  sandbox: z.enum(['vm', 'none']).optional(),
  rehearsal: Given.optional(),
  image: z.enum(IMAGE_NAMES).optional(),
});

export const LaunchNamed = z.strictObject({ team: Given });

/** A teammate more, in the words of `cowork spawn`. */
export const Spawn = z.strictObject({
  name: Given,
  role: Given.optional(),
  prompt: Given.optional(),
  model: Given.optional(),
});

/** The place of the event after which the stream goes on. */
export const EventsAsked = z.object({ after: z.string().optional() });
export const TimelineAsked = z.object({
  before: z.string().optional(),
  kinds: z.string().optional(),
  agent: z.string().optional(),
  words: z.string().optional(),
  limit: z
    .string()
    .regex(/^\d{1,6}$/)
    .default('200'),
});
/** Flags: to be there is what they say. */
export const ArtifactAsked = z.object({ show: z.string().optional() });
export const ReportAsked = z.object({ keep: z.string().optional() });

export const Enter = z.strictObject({ passphrase: z.string().max(1024) });
