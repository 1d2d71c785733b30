import { z } from 'zod';
import { HOOK_OUTCOMES } from './hooks.ts';

/** What a guest may append to its transcript. */
export const TranscriptEntryShape = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('user'), content: z.array(z.looseObject({ type: z.string() })) }),
  z.strictObject({ type: z.literal('assistant'), content: z.array(z.looseObject({ type: z.string() })) }),
  z.strictObject({ type: z.literal('compacted'), content: z.array(z.looseObject({ type: z.string() })) }),
  z.strictObject({ type: z.literal('note'), text: z.string() }),
]);

export const TranscriptAppend = z.strictObject({ entries: z.array(TranscriptEntryShape).min(1).max(100) });

export const StateReport = z.strictObject({
  state: z.enum(['working', 'idle', 'waiting', 'stopping', 'failed']),
  reason: z.string().max(500),
});

/** A clone of the agent could not be made. */
export const CloneFailed = z.strictObject({ grant: z.string().max(255), reason: z.string().max(5_000) });

/** A limit of the machine was reached; without a text there is room again. */
export const LimitReport = z.strictObject({
  kind: z.enum(['memory', 'disk', 'processes']),
  text: z.string().max(1000),
});

/** Sequence numbers of mail that is now in the model's context. */
export const SeenReport = z.strictObject({ seqs: z.array(z.int().min(1)).min(1).max(1000) });

/** A piece of a file that the agent presents, in base64; the first has no name of an upload. */
export const ArtifactPiece = z.strictObject({
  upload: z.string().max(40).optional(),
  data: z
    .string()
    .max(900_000)
    .regex(/^[A-Za-z0-9+/]*={0,2}$/),
});
export const ArtifactDone = z.strictObject({
  upload: z.string().max(40),
  name: z.string().min(1).max(300),
  title: z.string().min(1).max(200),
  kind: z.string().min(1).max(40),
});

/** A skill or command that is to be used, and for whom. */
export const SkillWanted = z.strictObject({
  name: z.string().min(1).max(300),
  by: z.enum(['model', 'user', 'agent']),
  /** Words behind it, for a prompt of a server, which fills them in itself. */
  given: z
    .string()
    .max(64 * 1024)
    .optional(),
});
export const DefinitionWanted = z.strictObject({ name: z.string().min(1).max(300) });

/** A file that the agent's tools wrote. */
export const FileEdited = z.strictObject({ path: z.string().min(1).max(4096) });

/** The scratch folder is saved, or why what was in it is lost. */
export const WorkspaceSaved = z.strictObject({ lost: z.string().max(200) });

/** How a hook ended. */
export const HookRan = z.strictObject({
  id: z.string().max(200),
  outcome: z.enum(HOOK_OUTCOMES),
  ms: z.int().min(0),
  said: z.string().max(500),
});

/** What hooks say of a task of the user: why it is refused, or nothing. */
export const TaskChecked = z.strictObject({ id: z.string().min(1).max(40), refused: z.string().max(2_000) });

/** A turn is over: its last text, and whether the agent reported by itself. */
export const TurnEnded = z.strictObject({
  text: z.string().max(32 * 1024),
  outcome: z.enum(['ended', 'interrupted', 'failed', 'stopped']),
  turns: z.int().min(0),
});

/** What the person typed at this agent's own prompt. */
export const UserSaid = z.strictObject({
  text: z
    .string()
    .min(1)
    .max(32 * 1024),
});

/** A call of a tool of an MCP server. */
export const ServerCall = z.strictObject({
  name: z.string().min(1).max(200),
  input: z.record(z.string(), z.unknown()),
});

/** What a server of the machine wrote to stderr, or that its process has ended. */
export const ServerSaid = z.strictObject({
  pipe: z.string().min(1).max(40),
  text: z.string().max(8 * 1024),
  ended: z.string().max(500).nullable(),
});

/** What the agent's model said to a server. */
export const ServerAsked = z.strictObject({
  id: z.string().min(1).max(40),
  text: z.string().max(100_000),
  failed: z.string().max(1_000).nullable(),
});
