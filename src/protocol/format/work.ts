import { z } from 'zod';
import { count, record } from './head.ts';

// What agents do to files, and what they show.

export const artifactRecord = record('presented', {
  title: z.string(),
  kind: z.string(),
  file: z.string().describe('name of the copy, in the same folder'),
  name: z.string().optional().describe('what its maker called it, made harmless'),
  bytes: count,
  sha256: z.string(),
});

export const editRecord = record('edited', { grant: z.string(), path: z.string() });

export const figuresRecord = record('figures', {
  everyMs: z.number().positive().describe('about how long after the record before, in milliseconds'),
  agents: z.record(
    z.string(),
    z.looseObject({
      tokensIn: z.int().min(0).describe('over all lives, cached or not'),
      tokensOut: z.int().min(0),
      costUsd: z.number().min(0),
      cpu: z.number().min(0).nullable().describe('processors in use since the record before'),
      memory: z.int().min(0).nullable().describe('bytes that the machine holds'),
    }),
  ),
});

const kept = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]*\/[0-9A-Z]+$/)
  .describe('a path below checkpoints/');

const stood = z
  .looseObject({
    kind: z.string(),
    mode: z.int(),
    size: z.int(),
    mtime: z.string(),
    atime: z.string(),
    ctime: z.string(),
    file: z.string().describe('device, inode and birth: which file it was'),
    links: z.int(),
    uid: z.int(),
    gid: z.int(),
    target: z.string().optional(),
    kept: kept.optional(),
    isTaken: z.boolean().optional(),
    link: kept.optional(),
  })
  .describe('what stood at a place; times are nanoseconds since 1970');

const place = {
  grant: z.string(),
  path: z.string().describe('relative to the grant; each character is one byte'),
};
const folder = z.string().describe('time of the folder afterwards');
const node = z.int();

/** `checkpoints/changes.jsonl`. */
export const changeRecord = z.discriminatedUnion('type', [
  record('before', { ...place, was: stood }),
  record('created', { ...place, is: stood, in: folder }),
  record('removed', { ...place, in: folder }),
  record('renamed', { ...place, to: z.string(), in: folder, toIn: folder, is: stood }),
  record('linked', { ...place, to: z.string(), is: stood, in: folder }),
  record('left', { ...place, is: stood }),
  record('restored', { ...place, is: stood, node }),
  record('settled', { ...place, node }),
]);

const path = place.path;
const as = z.string().optional();

/** `checkpoints/_staged/AGENT/GRANT/journal.jsonl`. */
export const stagedRecord = z.discriminatedUnion('type', [
  record('based', { path, was: stood, as }),
  record('removed', { path, was: stood, as }),
  record('landed', { path, is: stood.nullable(), staged: stood.nullable() }),
  record('forgotten', { path }),
]);

const entry = z.string().describe('names a push');
const commit = z.string();

/** `git/REPOSITORY/queue.jsonl`. */
export const queueRecord = z.discriminatedUnion('type', [
  record('pushed', { entry, agent: z.string(), commit }),
  record('checked', {
    entry,
    tip: commit,
    commit,
    code: z.int().nullable(),
    why: z.string(),
    tail: z.string(),
  }),
  record('landed', { entry, commit }),
  record('returned', { entry, why: z.enum(['conflict', 'check']), task: z.string() }),
  record('dropped', { entry, why: z.string() }),
  record('published', { commit, obstacle: z.string().nullable() }),
]);
