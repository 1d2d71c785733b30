import { z } from 'zod';

/**
 * What a pane and its viewers say to each other over a WebSocket: a binary message is bytes of the terminal (down: output,
 * up: keys), a text message is one JSON object of the shapes below. The server's first message is `screen`; the bytes after it draw
 * the screen and then go on live, so a viewer does one thing: feed them to a terminal.
 */

/** Path of the WebSocket on the keeper's socket. */
export const PANE_PATH = '/pane';
/** Largest text message, in bytes. */
export const CONTROL_MAX_BYTES = 4 * 1024;
/** Largest binary message from a viewer, in bytes. */
export const INPUT_MAX_BYTES = 64 * 1024;

const Columns = z.number().int().min(1).max(1_000);
const Rows = z.number().int().min(1).max(500);

/** How the size of a pane follows from its viewers. */
export const SizePolicy = z.enum(['smallest', 'last-active']);
export type SizePolicy = z.infer<typeof SizePolicy>;

/** From a viewer. */
export const ViewerMessage = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('hello'),
    /** The viewer's size; a viewer without one takes the pane as it is and has no say in its size. */
    cols: Columns.optional(),
    rows: Rows.optional(),
    /** Keys of a read-only viewer are ignored. */
    readOnly: z.boolean().default(false),
    /** Lines of scrollback to send along. */
    scrollback: z.number().int().min(0).max(5_000).default(0),
    /** Who watches, for the others: a user and a terminal. */
    name: z.string().max(64).default(''),
    /** Send no live bytes, but the whole screen anew when it has changed, at most once in so many milliseconds. */
    everyMs: z.number().int().min(50).max(60_000).optional(),
  }),
  z.object({ type: z.literal('resize'), cols: Columns, rows: Rows }),
  /** Changes how the size follows from the viewers; not from a read-only viewer. */
  z.object({ type: z.literal('policy'), policy: SizePolicy }),
  z.object({ type: z.literal('detach') }),
]);
export type ViewerMessage = z.infer<typeof ViewerMessage>;

/** What a status line shows of an agent; the owner of the pane supplies it. */
export const PaneStatus = z.object({
  agent: z.string(),
  /** As in `cowork status`: starting, working, idle … */
  state: z.string(),
  /** Subject or id of the task at hand. */
  task: z.string().nullable(),
  tokens: z.object({ input: z.number(), output: z.number() }),
  /** Messages not yet seen by the agent. */
  unread: z.number(),
  /** Anything else to say in a few words: the model, `rehearsal`, a reason. */
  note: z.string().optional(),
  /** In which its name is shown: one of `text/colors.ts`. */
  color: z.string().optional(),
});
export type PaneStatus = z.infer<typeof PaneStatus>;

/** From the pane. */
export const PaneMessage = z.discriminatedUnion('type', [
  /** Forget all, take this size; the bytes that follow draw everything anew. `resync`: in place of live bytes that were not sent. */
  z.object({ type: z.literal('screen'), cols: Columns, rows: Rows, resync: z.boolean() }),
  /** The pane has another size from here on. */
  z.object({ type: z.literal('size'), cols: Columns, rows: Rows }),
  z.object({
    type: z.literal('status'),
    status: PaneStatus,
    viewers: z.number().int(),
    /** Who they are, as far as they say. */
    names: z.array(z.string()).default([]),
    /** Who decides the size. */
    policy: SizePolicy,
  }),
  /** The agent's terminal has ended; the socket closes. */
  z.object({ type: z.literal('ended'), reason: z.string() }),
]);
export type PaneMessage = z.infer<typeof PaneMessage>;

/** The message in `text`, or undefined when it is too long, no JSON or of no known shape. */
export function parseViewerMessage(text: string): ViewerMessage | undefined {
  return parse(ViewerMessage, text, CONTROL_MAX_BYTES);
}

/** As `parseViewerMessage`, for what the pane says. */
export function parsePaneMessage(text: string): PaneMessage | undefined {
  return parse(PaneMessage, text, 16 * CONTROL_MAX_BYTES);
}

function parse<T>(schema: z.ZodType<T>, text: string, maxLength: number): T | undefined {
  if (text.length > maxLength) return undefined;
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined; // not JSON: the caller treats it like any other message that is of no known shape
  }
}
