import { readdirSync, readFileSync, rmSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { openFilesOfMachines } from '../open-files.ts';
import { templateFiles } from './key.ts';

const manifestShape = z.object({
  v: z.literal(1),
  key: z.string(),
  /** When it was made, ISO 8601 in UTC. */
  created: z.string(),
  /** The image that it was booted from. */
  image: z.string(),
  accelerator: z.string(),
  memoryMiB: z.number(),
  /** SHA-256 of the guest's memory and of the state of its devices. */
  memoryHash: z.string(),
  stateHash: z.string(),
  /** How long making it took, milliseconds. */
  buildMs: z.number(),
});

export type TemplateManifest = z.infer<typeof manifestShape>;

/** A booted machine with the agent loaded and waiting, saved; machines are made from it by copy on write. */
export interface Template {
  key: string;
  directory: string;
  memory: string;
  state: string;
  manifest: TemplateManifest;
}

/** The template with this key, or undefined when it is absent or not whole; whether it is undamaged is for `verifyTemplate` to say. */
export function readTemplate(folder: string, key: string): Template | undefined {
  const directory = join(folder, key);
  const { manifest: file, memory, state } = templateFiles(directory);
  try {
    const manifest = manifestShape.parse(JSON.parse(readFileSync(file, 'utf8')));
    for (const part of [memory, state]) statSync(part);
    return { key, directory, memory, state, manifest };
  } catch {
    return undefined; // absent or damaged is the same to the caller: it is made anew, in another folder first
  }
}

/** A template, when a machine was last made from it, and what it takes on the disk, bytes: most of a guest's memory was never written to. */
export type ListedTemplate = Template & { used: Date; bytes: number };

/** All templates in a folder, the one that was used last first. A folder that is not there has none. */
export function listTemplates(folder: string): ListedTemplate[] {
  return names(folder)
    .filter((name) => /^[0-9a-f]{16}$/.test(name))
    .map((key) => readTemplate(folder, key))
    .filter((template) => template !== undefined)
    .map((template) => ({ ...template, used: statSync(template.state).atime, bytes: bytesOnDisk(template) }))
    .sort((a, b) => b.used.getTime() - a.used.getTime());
}

/** Notes that a template is used now, for those who prune. */
export function markUsed({ state }: Template): void {
  try {
    utimesSync(state, new Date(), statSync(state).mtime);
  } catch {
    // it was pruned at this moment; what uses it holds it open
  }
}

/** Removes the templates that `isOld` names, but for those that a running machine lives on, and returns what was removed. */
export function pruneTemplates(
  folder: string,
  isOld: (template: ListedTemplate, rank: number) => boolean,
): ListedTemplate[] {
  const old = listTemplates(folder).filter(isOld);
  if (old.length === 0) return [];
  const isInUse = openFilesOfMachines();
  const removed = old.filter(({ memory }) => !isInUse(memory));
  for (const { directory } of removed) rmSync(directory, { recursive: true, force: true });
  return removed;
}

function bytesOnDisk({ memory, state }: Template): number {
  return [memory, state].reduce((sum, file) => sum + statSync(file).blocks * 512, 0);
}

function names(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // no folder, no templates
  }
}
