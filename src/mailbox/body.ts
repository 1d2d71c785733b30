import { createHash } from 'node:crypto';
import { CoworkError } from '../protocol/errors.ts';
import type { Message, MessageBody } from '../protocol/message.ts';
import { MESSAGE_MAX_BYTES } from '../protocol/words.ts';
import type { Backend } from '../store/backend.ts';
import { bodyCell } from './paths.ts';

/** How much of a long text its message shows, in UTF-16 units. */
const BEGINNING = 2000;

/** Keeps a text that is too long for an inbox, before the message that refers to it is written; undefined when it is not. */
export async function keepBody(backend: Backend, id: string, text: string): Promise<MessageBody | undefined> {
  const bytes = Buffer.byteLength(text);
  if (bytes <= MESSAGE_MAX_BYTES) return undefined;
  try {
    await backend.cell(bodyCell(id)).settle(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new CoworkError('MESSAGE_NOT_WRITTEN', `The text of ${bytes} bytes was not kept. ${why}`, {
      cause: error,
    });
  }
  return { id, bytes, sha256: hashOf(text) };
}

/** What the message says in place of a long text. */
export function beginningOf(text: string, { bytes }: MessageBody): string {
  return `${text.slice(0, BEGINNING).toWellFormed()}\n[… the beginning of ${bytes} bytes; read_message with this message's id gives the rest]`;
}

/** The whole text of a message. Throws MESSAGE_BODY_MISSING when it is not there or not what was sent. */
export async function readBody(backend: Backend, { id, text, body }: Message): Promise<string> {
  if (body === undefined) return text;
  const whole = await backend.cell(bodyCell(body.id)).read();
  if (whole !== undefined && hashOf(whole) === body.sha256) return whole;
  const what = whole === undefined ? 'is not there' : 'is not what was sent';
  throw new CoworkError('MESSAGE_BODY_MISSING', `The text of message ${id} ${what}.`);
}

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');
