// What the Messages API refuses, written from its documentation and its error messages. Returns what it would say.
import { createHash } from 'node:crypto';

type Fields = Record<string, unknown>;

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

class Refusal extends Error {}
const refuse = (message: string): never => {
  throw new Refusal(message);
};

/** Why a request is refused, or undefined when it is fine. `betas` are those of its header. */
export function refusalOf(request: unknown, betas: readonly string[]): string | undefined {
  try {
    checkRequest(isObject(request) ? request : refuse('Input should be a valid dictionary'), betas);
    return undefined;
  } catch (error) {
    if (error instanceof Refusal) return error.message;
    throw error;
  }
}

const TOP = new Set(
  'model max_tokens messages system tools tool_choice stream temperature top_p top_k stop_sequences metadata thinking output_config service_tier cache_control'.split(
    ' ',
  ),
);
/** Fields that are only there with a beta header. */
const BETA_FIELDS: Record<string, RegExp> = {
  compaction: /^compact-2026-09-04$/,
  context_management: /^(context-management-2025-06-27|compact-2026-01-12)$/,
};

function checkRequest(request: Fields, betas: readonly string[]): void {
  for (const field of Object.keys(request)) {
    const beta = BETA_FIELDS[field];
    const isKnown = TOP.has(field) || (beta !== undefined && betas.some((name) => beta.test(name)));
    if (!isKnown) refuse(`${field}: Extra inputs are not permitted`);
  }
  if (typeof request.model !== 'string' || request.model === '') refuse('model: Field required');
  const max = request.max_tokens;
  if (!Number.isInteger(max) || Number(max) < 1)
    refuse('max_tokens: Input should be greater than or equal to 1');
  if (Number(max) > 128_000)
    refuse(`max_tokens: ${max} > 128000, which is the maximum allowed number of output tokens`);
  if (request.stream !== undefined && typeof request.stream !== 'boolean')
    refuse('stream: Input should be a valid boolean');
  if (request.compaction !== undefined && request.context_management !== undefined)
    refuse('compaction: cannot be combined with context_management');
  const marks = { count: 0 };
  checkTools(request.tools ?? [], marks);
  checkSystem(request.system ?? [], marks);
  if (!Array.isArray(request.messages) || request.messages.length === 0)
    refuse('messages: at least one message is required');
  checkMessages(request.messages as unknown[], betas, marks);
  if (marks.count > 4)
    refuse(`A maximum of 4 blocks with cache_control may be provided. Found ${marks.count}.`);
}

interface Marks {
  count: number;
}

function checkFields(path: string, block: Fields, known: string): void {
  const unknown = Object.keys(block).find((field) => !known.split(' ').includes(field));
  if (unknown !== undefined) refuse(`${path}.${unknown}: Extra inputs are not permitted`);
}

function checkMark(path: string, block: Fields, marks: Marks): void {
  const mark = block.cache_control;
  if (mark === undefined || mark === null) return;
  if (!isObject(mark) || mark.type !== 'ephemeral')
    refuse(`${path}.cache_control: Input should be 'ephemeral'`);
  if (isObject(mark) && mark.ttl !== undefined && mark.ttl !== '5m' && mark.ttl !== '1h')
    refuse(`${path}.cache_control.ttl: Input should be '5m' or '1h'`);
  marks.count++;
}

function checkTools(tools: unknown, marks: Marks): undefined {
  if (!Array.isArray(tools)) return refuse('tools: Input should be a valid list');
  const names = new Set<string>();
  for (const [index, tool] of tools.entries()) {
    const path = `tools.${index}.custom`;
    if (!isObject(tool)) return refuse(`${path}: Input should be a valid dictionary`);
    checkFields(path, tool, 'name description input_schema type cache_control');
    checkMark(path, tool, marks);
    const { name, description, input_schema: schema } = tool;
    if (typeof name !== 'string' || !/^[a-zA-Z0-9_-]{1,128}$/.test(name))
      return refuse(`${path}.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'`);
    if (names.has(name)) refuse('tools: Tool names must be unique.');
    names.add(name);
    if (description !== undefined && typeof description !== 'string')
      refuse(`${path}.description: Input should be a valid string`);
    if (!isObject(schema)) return refuse(`${path}.input_schema: Field required`);
    if (schema.type !== 'object') refuse(`${path}.input_schema.type: Input should be 'object'`);
    if (schema.properties !== undefined && !isObject(schema.properties))
      refuse(`${path}.input_schema: JSON schema is invalid`);
    for (const property of Object.keys(isObject(schema.properties) ? schema.properties : {})) {
      if (!/^[a-zA-Z0-9_.-]{1,64}$/.test(property))
        refuse(
          `${path}.input_schema.properties: Property keys should match pattern '^[a-zA-Z0-9_.-]{1,64}$'`,
        );
    }
  }
}

function checkSystem(system: unknown, marks: Marks): undefined {
  if (typeof system === 'string') return;
  if (!Array.isArray(system)) return refuse('system: Input should be a valid list');
  for (const [index, block] of system.entries()) checkBlock(`system.${index}`, block, ['text'], marks);
}

const BLOCK_FIELDS: Record<string, string> = {
  text: 'type text cache_control citations',
  image: 'type source cache_control',
  document: 'type source title context citations cache_control',
  tool_use: 'type id name input cache_control caller',
  tool_result: 'type tool_use_id content is_error cache_control',
  thinking: 'type thinking signature',
  redacted_thinking: 'type data',
  compaction: 'type content encrypted_content signature cache_control tool_changes',
};
const ALLOWED: Record<string, string[]> = {
  user: ['text', 'image', 'document', 'tool_result'],
  assistant: ['text', 'tool_use', 'thinking', 'redacted_thinking', 'compaction'],
};

function checkMessages(messages: readonly unknown[], betas: readonly string[], marks: Marks): undefined {
  const ids = new Set<string>();
  let open: string[] = [];
  for (const [index, message] of messages.entries()) {
    const path = `messages.${index}`;
    if (!isObject(message)) return refuse(`${path}: Input should be a valid dictionary`);
    checkFields(path, message, 'role content');
    const { role } = message;
    if (role !== 'user' && role !== 'assistant')
      return refuse(`${path}.role: Input should be 'user' or 'assistant'`);
    const content =
      typeof message.content === 'string' ? [{ type: 'text', text: message.content }] : message.content;
    if (!Array.isArray(content)) return refuse(`${path}.content: Input should be a valid list`);
    if (content.length === 0) refuse(`${path}: all messages must have non-empty content`);
    if (index === 0 && role !== 'user' && content[0]?.type !== 'compaction')
      refuse('messages: first message must use the "user" role');
    for (const [at, block] of content.entries())
      checkBlock(`${path}.content.${at}`, block, ALLOWED[role] ?? [], marks);
    if (index > 0 && content.some((block) => block.type === 'compaction'))
      refuse(`${path}.content: a compaction block stands in for all messages before it, so it comes first`);
    if (content.some((block) => block.type === 'compaction') && !betas.includes('compact-2026-09-04'))
      refuse(`${path}.content: compaction blocks need the beta header compact-2026-09-04`);
    open = checkPairs(path, content as Fields[], open, ids);
  }
  const last = messages.at(-1);
  if (isObject(last) && last.role !== 'user')
    refuse(
      'This model does not support assistant message prefill. The conversation must end with a user message.',
    );
}

/** Calls are answered in the very next message, each once, before anything else in it. Returns the calls that are now open. */
function checkPairs(path: string, content: Fields[], open: string[], ids: Set<string>): string[] {
  const results = content
    .filter(({ type }) => type === 'tool_result')
    .map(({ tool_use_id }) => String(tool_use_id));
  const missing = open.filter((id) => !results.includes(id));
  if (missing.length > 0)
    refuse(
      `${path}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${missing.join(', ')}`,
    );
  const stray = results.find((id) => !open.includes(id));
  if (stray !== undefined)
    refuse(`${path}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${stray}`);
  if (new Set(results).size < results.length)
    refuse(`${path}: each tool_use must have a single result. Found multiple \`tool_result\` blocks`);
  if (content.slice(0, results.length).some(({ type }) => type !== 'tool_result'))
    refuse(`${path}: \`tool_result\` blocks must come first`);
  const calls = content.filter(({ type }) => type === 'tool_use').map(({ id }) => String(id));
  for (const id of calls) {
    if (ids.has(id)) refuse(`${path}: \`tool_use\` ids must be unique`);
    ids.add(id);
  }
  return calls;
}

function checkBlock(path: string, block: unknown, allowed: readonly string[], marks: Marks): undefined {
  if (!isObject(block) || typeof block.type !== 'string') return refuse(`${path}.type: Field required`);
  const { type } = block;
  if (!allowed.includes(type)) return refuse(`${path}: \`${type}\` blocks are not allowed here`);
  checkFields(`${path}.${type}`, block, BLOCK_FIELDS[type] ?? '');
  checkMark(`${path}.${type}`, block, marks);
  if (type === 'text') {
    if (typeof block.text !== 'string') return refuse(`${path}.text.text: Input should be a valid string`);
    if (block.text === '') refuse('messages: text content blocks must be non-empty');
    if (block.text.trim() === '') refuse('messages: text content blocks must contain non-whitespace text');
  }
  if (type === 'tool_use') {
    if (!/^[a-zA-Z0-9_-]+$/.test(String(block.id)))
      refuse(`${path}.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'`);
    if (!isObject(block.input)) refuse(`${path}.tool_use.input: Input should be a valid dictionary`);
    if (typeof block.name !== 'string' || block.name === '') refuse(`${path}.tool_use.name: Field required`);
  }
  if (type === 'thinking' && block.signature !== signatureOf(String(block.thinking))) {
    refuse(`${path}: Invalid \`signature\` in \`thinking\` block`);
  }
  if (type === 'compaction' && block.signature !== signatureOf(String(block.content))) {
    refuse(`${path}: Invalid \`signature\` in \`compaction\` block`);
  }
  if (type === 'tool_result') checkResult(path, block, marks);
}

function checkResult(path: string, block: Fields, marks: Marks): undefined {
  const { content, is_error } = block;
  if (is_error !== undefined && typeof is_error !== 'boolean')
    refuse(`${path}.tool_result.is_error: Input should be a valid boolean`);
  if (content === undefined || typeof content === 'string') {
    if (is_error === true && (content === undefined || content === ''))
      refuse(`${path}.tool_result: content cannot be empty if \`is_error\` is true`);
    return;
  }
  if (!Array.isArray(content)) return refuse(`${path}.tool_result.content: Input should be a valid list`);
  for (const [at, inner] of content.entries())
    checkBlock(`${path}.tool_result.content.${at}`, inner, ['text', 'image', 'document'], marks);
}

/** The signature that this server gives a thinking block. */
export const signatureOf = (thinking: string): string =>
  createHash('sha256').update(`signed ${thinking}`).digest('base64');
