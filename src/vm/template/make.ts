import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { CoworkError } from '../../protocol/errors.ts';
import { FILE_MODE, FOLDER_MODE } from '../../store/folders.ts';
import { abandonedBuilds } from '../image/build-lock.ts';
import { startMachine } from '../machine.ts';
import { cpuSeconds } from '../process-usage.ts';
import { sha256, templateFiles } from './key.ts';
import type { MakeOptions, TemplateRequest } from './request.ts';
import { pruneTemplates, readTemplate, type Template, type TemplateManifest } from './template.ts';
import { tryTemplate } from './trial.ts';
import { hashFile } from './verify.ts';

/** Templates that are kept beside a new one: as many as this, if they were used lately. Several versions and sizes are in use while people work on them. */
const KEPT = 8;
const KEPT_MS = 24 * 3_600_000;

/**
 * Boots a machine, waits until its agent waits, saves it, and has it prove itself by one restore. All is done in a folder of its own that is renamed into place,
 * so no half of a template is ever seen, and whatever stops it leaves nothing. Throws TEMPLATE_FAILED, DISK_FULL or the reason of an abort.
 */
export async function makeTemplate(
  folder: string,
  key: string,
  request: TemplateRequest,
  options: MakeOptions = {},
): Promise<Template> {
  const started = performance.now();
  let step = 'making room';
  const onStep = (name: string) => {
    step = name;
    options.onStep?.(name);
  };
  mkdirSync(folder, { recursive: true, mode: FOLDER_MODE });
  for (const abandoned of abandonedBuilds(folder)) rmSync(abandoned, { recursive: true, force: true });
  pruneTemplates(
    folder,
    (other, rank) => other.key !== key && (rank >= KEPT || Date.now() - other.used.getTime() > KEPT_MS),
  );
  const work = mkdtempSync(join(folder, `.building-${process.pid}-`));
  try {
    await assertRoom(folder, request.memoryMiB);
    await recordMachine(work, request, { ...options, onStep });
    onStep('checking the template');
    const { memory, state, manifest: manifestFile } = templateFiles(work);
    const manifest: TemplateManifest = {
      v: 1,
      key,
      created: new Date().toISOString(),
      image: request.image.key,
      accelerator: request.accelerator,
      memoryMiB: request.memoryMiB,
      memoryHash: await hashFile(memory),
      stateHash: sha256(readFileSync(state)),
      buildMs: Math.round(performance.now() - started),
    };
    await tryTemplate({ key, directory: work, memory, state, manifest }, request, options);
    writeFileSync(manifestFile, `${JSON.stringify(manifest, null, 2)}\n`, { mode: FILE_MODE });
    rmSync(join(folder, key), { recursive: true, force: true });
    renameSync(work, join(folder, key));
  } catch (error) {
    throw templateFailure(step, error, options.signal);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  const template = readTemplate(folder, key);
  if (!template) throw new CoworkError('TEMPLATE_FAILED', `The new template in ${folder} can't be read.`);
  return template;
}

async function recordMachine(work: string, request: TemplateRequest, options: MakeOptions): Promise<void> {
  const { memory, state } = templateFiles(work);
  writeFileSync(memory, '', { mode: FILE_MODE });
  truncateSync(memory, request.memoryMiB * 1024 * 1024); // QEMU itself may write no file of this length
  await using machine = await startMachine({
    ...request,
    name: 'template',
    memory: { birth: 'record', file: memory },
    ...(options.signal ? { signal: options.signal } : {}),
    ...(options.runtimeDirectory ? { runtimeDirectory: options.runtimeDirectory } : {}),
    onStep: ({ name }) => options.onStep?.(`booting a machine for the template: ${name}`),
  });
  await machine.started;
  options.onStep?.('waiting until the machine is at rest');
  await untilAtRest(machine.vmPid, options.signal);
  options.onStep?.('saving the machine');
  await machine.save(state);
}

/** How long a guest may take until nothing is left to do, milliseconds. */
const REST_LIMIT_MS = 60_000;
const REST_LOOK_MS = 300;

/** Waits until a machine hardly uses its processor: what it still does when it is saved, each copy of it has to do again. */
async function untilAtRest(pid: number, signal: AbortSignal | undefined): Promise<void> {
  const deadline = performance.now() + REST_LIMIT_MS;
  for (let quiet = 0; quiet < 3 && performance.now() < deadline; ) {
    const before = cpuSeconds(pid);
    await delay(REST_LOOK_MS, undefined, { signal });
    quiet = cpuSeconds(pid) - before <= 0.02 ? quiet + 1 : 0;
  }
}

/** A guest writes to at most all of its memory, and never does. */
async function assertRoom(folder: string, memoryMiB: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  const needed = Math.min(memoryMiB * 1024 * 1024, 600_000_000);
  if (free >= needed) return;
  const megabytes = (bytes: number) => `${Math.round(bytes / 1e6)} MB`;
  throw new CoworkError(
    'DISK_FULL',
    `${folder} has ${megabytes(free)} free; a template takes ${megabytes(needed)}.`,
  );
}

function templateFailure(step: string, thrown: unknown, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted || (thrown instanceof CoworkError && thrown.code === 'DISK_FULL')) return thrown;
  const why = thrown instanceof Error ? thrown.message : String(thrown);
  // QEMU gets signal 7 (SIGBUS) when a page of its memory has no room on the disk.
  if (/ENOSPC|No space left on device|signal 7\b/i.test(why))
    return new CoworkError('DISK_FULL', `The disk ran full while making a template (${step}).`, {
      cause: thrown,
    });
  return new CoworkError('TEMPLATE_FAILED', `Making a template failed (${step}): ${why}`, { cause: thrown });
}
