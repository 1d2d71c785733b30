import { access } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CoworkError } from '../../protocol/errors.ts';
import type { Rehearsal } from './script.ts';

/** Loads a rehearsal script, a TypeScript or JavaScript module that runs as it is. Errors: REHEARSAL_INVALID. */
export async function loadRehearsal(file: string): Promise<Rehearsal> {
  const path = resolve(file);
  const module = await importModule(path);
  const script: unknown = module.default;
  if (!isRehearsal(script)) {
    throw new CoworkError('REHEARSAL_INVALID', `${path} exports no rehearsal as default`, {
      hint: 'End the script with `export default defineRehearsal({ title, *lead(agent) {…}, *teammate(agent) {…} })`.',
    });
  }
  return script;
}

async function importModule(path: string): Promise<{ default?: unknown }> {
  try {
    await access(path);
  } catch (cause) {
    throw new CoworkError('REHEARSAL_INVALID', `there is no rehearsal at ${path}`, { cause });
  }
  try {
    return await import(pathToFileURL(path).href);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new CoworkError('REHEARSAL_INVALID', `${path} can't be loaded: ${why}`, { cause });
  }
}

function isRehearsal(value: unknown): value is Rehearsal {
  if (typeof value !== 'object' || value === null) return false;
  const { title, lead, teammate } = value as Partial<Record<keyof Rehearsal, unknown>>; // checked field by field
  return typeof title === 'string' && typeof lead === 'function' && typeof teammate === 'function';
}
