import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CoworkError } from '../../protocol/errors.ts';
import { FILE_MODE, FOLDER_MODE } from '../../store/folders.ts';
import { takeBuildLock } from '../image/build-lock.ts';
import { templateKey } from './key.ts';
import { makeTemplate } from './make.ts';
import type { MakeOptions, TemplateRequest } from './request.ts';
import { markUsed, readTemplate, type Template } from './template.ts';
import { isVerified, verifyTemplate } from './verify.ts';

/** How long to wait for another process that makes the template, milliseconds. Booting cold beside it would take about as long. */
const WAIT_MS = 180_000;
/** How long nobody tries again what has failed, milliseconds: each agent of a team would pay for it. */
const FAILURE_STANDS_MS = 10 * 60_000;

export interface EnsureOptions extends MakeOptions {
  /** Try also when it has failed lately. */
  again?: boolean;
}

/**
 * The template for a request, verified; made first when there is none (15 to 25 s under software emulation) or when it is damaged. Of many that ask at once one
 * makes it, and the others wait. Throws TEMPLATE_FAILED, DISK_FULL, QEMU_MISSING or the reason of an abort; a machine can be booted cold then.
 */
export async function ensureTemplate(
  folder: string,
  request: TemplateRequest,
  options: EnsureOptions = {},
): Promise<Template> {
  const { onStep, signal, again } = options;
  const found = await readyTemplate(folder, request);
  if (found) return found;
  const key = await templateKey(request);
  if (again) rmSync(failureFile(folder, key), { force: true });
  throwLastFailure(folder, key);
  try {
    mkdirSync(folder, { recursive: true, mode: FOLDER_MODE });
    using lock = await waitForLock(folder, key, options);
    if (!lock) throwLastFailure(folder, key);
    const present = readTemplate(folder, key);
    if (present && isVerified(present)) return used(present);
    if (present) {
      onStep?.('verifying the template');
      const damage = await verifyTemplate(present);
      if (damage === undefined) return used(present);
      onStep?.(`making the template anew: ${damage}`);
    }
    const template = await makeTemplate(folder, key, request, options);
    await verifyTemplate(template);
    rmSync(failureFile(folder, key), { force: true });
    return used(template);
  } catch (error) {
    if (!signal?.aborted) noteFailure(folder, key, error);
    throw error;
  }
}

/** The template for a request when it is there and verified. Throws QEMU_MISSING. */
export async function readyTemplate(folder: string, request: TemplateRequest): Promise<Template | undefined> {
  const found = readTemplate(folder, await templateKey(request));
  return found && isVerified(found) ? used(found) : undefined;
}

/** Throws a template away that could not be restored, so that the next start makes it anew. */
export function discardTemplate({ directory }: Template): void {
  rmSync(directory, { recursive: true, force: true });
}

async function waitForLock(folder: string, key: string, { onStep, signal }: EnsureOptions) {
  const late = AbortSignal.timeout(WAIT_MS);
  onStep?.('making the template, or waiting while another process makes it');
  const isDone = () => {
    const template = readTemplate(folder, key);
    return (template !== undefined && isVerified(template)) || lastTemplateFailure(folder, key) !== undefined;
  };
  try {
    return await takeBuildLock(folder, key, isDone, signal ? AbortSignal.any([signal, late]) : late);
  } catch (error) {
    if (signal?.aborted || !late.aborted) throw error;
    const waited = `Waited ${WAIT_MS / 1000} s for another process that makes the template.`;
    throw new CoworkError('TEMPLATE_FAILED', waited, { cause: error });
  }
}

function used(template: Template): Template {
  markUsed(template);
  return template;
}

const failureFile = (folder: string, key: string): string => join(folder, `${key}.failed`);

/** Why making a template has failed within the last minutes, while nobody tries again; undefined when it has not. */
export function lastTemplateFailure(folder: string, key: string): string | undefined {
  try {
    const [at = '', ...reason] = readFileSync(failureFile(folder, key), 'utf8').split('\n');
    return Date.now() - Date.parse(at) < FAILURE_STANDS_MS ? reason.join(' ') : undefined;
  } catch {
    return undefined; // none has failed
  }
}

function throwLastFailure(folder: string, key: string): void {
  const reason = lastTemplateFailure(folder, key);
  if (reason !== undefined) throw new CoworkError('TEMPLATE_FAILED', reason);
}

function noteFailure(folder: string, key: string, error: unknown): void {
  const reason = error instanceof Error ? error.message : String(error);
  try {
    writeFileSync(failureFile(folder, key), `${new Date().toISOString()}\n${reason}`, { mode: FILE_MODE });
  } catch {
    // where nothing can be written, the next one fails by itself
  }
}
