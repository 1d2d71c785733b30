import { z } from 'zod';

export const count = z.int().min(0);
export const when = z
  .string()
  .min(1)
  .describe('ISO 8601 with milliseconds, UTC; for people, nothing decides by it');
export const agentName = z.string().min(1);

export const head = {
  v: z.union([z.literal(1), z.literal(2)]).describe('the oldest format that a reader must know'),
  id: z.string().min(1).describe('ULID'),
  by: z.string().min(1).describe('an agent, `user` or `team`'),
  incarnation: count.describe('which life of the writer; 0 for `user` and `team`'),
  at: when,
};

/** A record of a journal. */
export const record = <Type extends string, Body extends z.ZodRawShape>(type: Type, body: Body) =>
  z.looseObject({ ...head, type: z.literal(type), ...body });

export const sealed = record('sealed', {}).describe(
  'ends a segment; what stands behind it there does not count',
);

export const ProcessShape = z
  .looseObject({ pid: z.int(), startTime: z.int(), bootId: z.string() })
  .describe('a process: number, start in clock ticks since the boot, which boot');
