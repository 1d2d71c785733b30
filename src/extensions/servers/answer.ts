import { type AnswerBlock, type CallAnswer, IMAGE_TYPES, type ImageType } from '../../protocol/servers.ts';

/** Most characters of text, most images, and largest image (characters of base64) that one answer may have. */
const TEXT_MAX = 200_000;
const IMAGES_MAX = 20;
const IMAGE_MAX = 5 * 1024 * 1024;

/** A result of a tool as servers send it: only what is looked at here. */
interface ToolResult {
  content?: unknown;
  structuredContent?: unknown;
  isError?: unknown;
}

interface Block {
  type?: unknown;
  text?: unknown;
  data?: unknown;
  mimeType?: unknown;
  uri?: unknown;
  name?: unknown;
  description?: unknown;
  resource?: unknown;
}

/** What a model is given of a tool's result; what it can't be given is named. */
export function answerOf(result: ToolResult): CallAnswer {
  const listed: unknown[] = Array.isArray(result.content) ? result.content : [];
  const content = bounded(listed.map((block) => blockOf((block ?? {}) as Block)));
  const hasText = content.some((block) => block.type === 'text' && block.text !== '');
  // A server that gives both has said the same twice.
  if (!hasText && result.structuredContent !== undefined)
    content.push(...bounded([{ type: 'text', text: JSON.stringify(result.structuredContent) ?? '' }]));
  if (content.length === 0) content.push({ type: 'text', text: '(no output)' });
  return { content, isError: result.isError === true };
}

/** The contents of a resource, or the messages of a prompt, as the same blocks. */
export const blocksOf = (blocks: readonly unknown[]): AnswerBlock[] =>
  bounded(blocks.map((block) => blockOf((block ?? {}) as Block)));

function blockOf(block: Block): AnswerBlock {
  const say = (text: string): AnswerBlock => ({ type: 'text', text });
  if (block.type === 'text') return say(wordsOf(block.text));
  if (block.type === 'image') return imageOf(block);
  if (block.type === 'resource') return resourceOf((block.resource ?? {}) as Block);
  if (block.type === 'resource_link')
    return say(`[resource ${wordsOf(block.uri)}: ${wordsOf(block.name)} ${wordsOf(block.description)}]`);
  if (block.type === 'audio') return say(`[left out: audio, ${wordsOf(block.mimeType)}]`);
  return say(`[left out: a block of the type ${JSON.stringify(block.type)?.slice(0, 100)}]`);
}

function imageOf({ data, mimeType }: Block): AnswerBlock {
  const type = IMAGE_TYPES.find((known) => known === mimeType);
  const leave = (why: string): AnswerBlock => ({ type: 'text', text: `[left out: an image, ${why}]` });
  if (type === undefined || typeof data !== 'string') return leave(`which is ${wordsOf(mimeType)}`);
  if (data.length > IMAGE_MAX) return leave('as it is too large');
  return { type: 'image', source: { type: 'base64', media_type: type satisfies ImageType, data } };
}

/** A resource within a result, or one that was read. */
export function resourceOf(resource: Block & { blob?: unknown }): AnswerBlock {
  const head = `[resource ${wordsOf(resource.uri)}]`;
  if (typeof resource.text === 'string') return { type: 'text', text: `${head}\n${resource.text}` };
  if (typeof resource.blob !== 'string') return { type: 'text', text: head };
  const image = imageOf({ data: resource.blob, mimeType: resource.mimeType });
  if (image.type === 'image') return image;
  return { type: 'text', text: `${head} [left out: ${resource.blob.length} characters of base64]` };
}

function bounded(blocks: readonly AnswerBlock[]): AnswerBlock[] {
  let room = TEXT_MAX;
  let images = 0;
  const kept: AnswerBlock[] = [];
  for (const block of blocks) {
    if (block.type === 'image') {
      if (++images <= IMAGES_MAX) kept.push(block);
      continue;
    }
    if (room <= 0) break;
    kept.push(block.text.length <= room ? block : { type: 'text', text: block.text.slice(0, room) });
    room -= block.text.length;
  }
  if (room < 0) kept.push({ type: 'text', text: `[cut here: over ${TEXT_MAX} characters]` });
  if (images > IMAGES_MAX) kept.push({ type: 'text', text: `[left out: ${images - IMAGES_MAX} images]` });
  return kept;
}

const wordsOf = (value: unknown): string => (typeof value === 'string' ? value : '');
