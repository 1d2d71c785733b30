import { z } from 'zod';

/** A request that the Messages API would refuse; `message` is what it would say. */
export class BadRequest extends Error {}

const Text = z.looseObject({ type: z.literal('text'), text: z.string() });
const ToolUse = z.looseObject({
  type: z.literal('tool_use'),
  id: z.string().regex(/^[a-zA-Z0-9_-]+$/),
  name: z.string().min(1),
  input: z.record(z.string(), z.unknown()),
});
const ToolResult = z.looseObject({
  type: z.literal('tool_result'),
  tool_use_id: z.string(),
  content: z.union([z.string(), z.array(z.looseObject({ type: z.string() }))]).optional(),
  is_error: z.boolean().optional(),
});
const Other = z.looseObject({
  type: z.string().refine((type) => !['text', 'tool_use', 'tool_result'].includes(type)),
});
const Block = z.union([Text, ToolUse, ToolResult, Other]);
const Message = z.looseObject({
  role: z.enum(['user', 'assistant', 'system']),
  content: z.union([z.string(), z.array(Block)]),
});
const Shared = z.looseObject({
  model: z.string().min(1),
  messages: z.array(Message).min(1),
  system: z.union([z.string(), z.array(z.looseObject({ type: z.string() }))]).optional(),
  tools: z.array(z.looseObject({ name: z.string().optional() })).optional(),
});
const Create = Shared.extend({
  max_tokens: z.int().min(1),
  stream: z.boolean().optional(),
});

export type Block = z.infer<typeof Block>;
export type ApiMessage = z.infer<typeof Message>;
export type CountRequest = z.infer<typeof Shared>;
export type CreateRequest = z.infer<typeof Create>;

/** Reads the body of `/v1/messages` and refuses what the real API refuses. */
export function parseCreate(body: Buffer): CreateRequest {
  const request = parse(Create, body);
  checkTools(request.tools ?? []);
  checkOrder(request.messages);
  return request;
}

/** Reads the body of `/v1/messages/count_tokens`. */
export function parseCount(body: Buffer): CountRequest {
  return parse(Shared, body);
}

/** The blocks of a message; a bare string is one text block. */
export function blocksOf(message: ApiMessage): Block[] {
  return typeof message.content === 'string' ? [{ type: 'text', text: message.content }] : message.content;
}

function parse<T>(schema: z.ZodType<T>, body: Buffer): T {
  let json: unknown;
  try {
    json = JSON.parse(body.toString());
  } catch (cause) {
    throw new BadRequest('The request body is not valid JSON.', { cause });
  }
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const path = issue?.path.join('.') ?? '';
  const isMissing = issue?.code === 'invalid_type' && at(json, issue.path) === undefined;
  throw new BadRequest(`${path}: ${isMissing ? 'Field required' : (issue?.message ?? 'Input is not valid')}`);
}

function at(value: unknown, path: readonly PropertyKey[]): unknown {
  // Indexing by a path that zod took from this very value; a miss gives undefined.
  return path.reduce<unknown>(
    (inner, key) => (inner as Record<PropertyKey, unknown> | undefined)?.[key],
    value,
  );
}

function checkTools(tools: { name?: string | undefined }[]): void {
  const names = tools.flatMap(({ name }) => name ?? []);
  if (new Set(names).size < names.length) throw new BadRequest('tools: Tool names must be unique.');
}

/** The rules on the order of roles and on the pairing of calls and results. */
function checkOrder(messages: ApiMessage[]): void {
  const spoken = messages
    .map((message, index) => ({ ...message, index }))
    .filter(({ role }) => role !== 'system');
  if (spoken[0]?.role !== 'user') throw new BadRequest('messages: first message must use the "user" role');
  if (spoken.at(-1)?.role !== 'user') {
    throw new BadRequest(
      'This model does not support assistant message prefill. The conversation must end with a user message.',
    );
  }
  let open: string[] = [];
  for (const message of spoken) {
    const blocks = blocksOf(message);
    checkBlocks(message, blocks);
    const answered = blocks.flatMap((block) => (isToolResult(block) ? block.tool_use_id : []));
    const unanswered = open.filter((id) => !answered.includes(id));
    if (unanswered.length > 0) {
      throw new BadRequest(
        `messages.${message.index}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${unanswered.join(', ')}. Each \`tool_use\` block must have a corresponding \`tool_result\` block in the next message.`,
      );
    }
    const stray = answered.find((id, place) => !open.includes(id) || answered.indexOf(id) !== place);
    if (stray !== undefined) {
      throw new BadRequest(
        `messages.${message.index}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${stray}. Each \`tool_result\` block must have a corresponding \`tool_use\` block in the previous message.`,
      );
    }
    if (blocks.slice(0, answered.length).some((block) => !isToolResult(block))) {
      throw new BadRequest(
        `messages.${message.index}: \`tool_result\` blocks must come first in the content.`,
      );
    }
    open = blocks.flatMap((block) => (isToolUse(block) ? block.id : []));
  }
}

function checkBlocks({ role, index }: { role: string; index: number }, blocks: Block[]): void {
  if (blocks.length === 0) throw new BadRequest(`messages.${index}: content must not be empty`);
  for (const block of blocks) {
    if (isText(block) && block.text === '') {
      throw new BadRequest('messages: text content blocks must be non-empty');
    }
    if ((role === 'user' && isToolUse(block)) || (role === 'assistant' && isToolResult(block))) {
      throw new BadRequest(`messages.${index}: \`${block.type}\` blocks are not allowed in ${role} messages`);
    }
  }
}

export function isText(block: Block): block is z.infer<typeof Text> {
  return block.type === 'text';
}

export function isToolUse(block: Block): block is z.infer<typeof ToolUse> {
  return block.type === 'tool_use';
}

export function isToolResult(block: Block): block is z.infer<typeof ToolResult> {
  return block.type === 'tool_result';
}
