import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { APPROVAL_KINDS, type ApprovalKind } from '../protocol/approval.ts';
import { CoworkError } from '../protocol/errors.ts';
import { errorCode } from '../store/folders.ts';
import { settingsFile } from './paths.ts';

/** A year: whatever is asked for is over then. */
const MINUTES_MAX = 365 * 24 * 60;

/** What the user may set for all teams, in `settings.json` of the home. */
const Settings = z.strictObject({
  approvals: z
    .strictObject({
      /** After how many minutes without an answer a request of a kind is denied. */
      minutes: z.partialRecord(z.enum(APPROVAL_KINDS), z.number().positive().max(MINUTES_MAX)).optional(),
    })
    .optional(),
  /** Where traces and metrics go, of OTLP over HTTP; without it nothing is sent. */
  telemetry: z
    .strictObject({
      /** The address before `/v1/traces` and `/v1/metrics`. */
      endpoint: z.url({ protocol: /^https?$/ }),
      headers: z.record(z.string(), z.string()).optional(),
      /** How often, in seconds. */
      seconds: z.number().min(1).max(3600).optional(),
    })
    .optional(),
  /** What `launch` removes of recordings and logs of teams that have ended. */
  retention: z
    .strictObject({ days: z.number().positive().optional(), megabytes: z.number().min(0).optional() })
    .optional(),
});
export type Settings = z.infer<typeof Settings>;

/** How long a request waits when nothing is set, in minutes: a day. */
const USUAL_MINUTES = 24 * 60;

/** Reads the user's settings; a file that is not there sets nothing. Throws SETTINGS_INVALID, which names the field. */
export function readSettings(home: string): Settings {
  const file = settingsFile(home);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return {};
    throw new CoworkError('SETTINGS_INVALID', `${file} can't be read.`, { cause: error });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new CoworkError('SETTINGS_INVALID', `${file} is no JSON: ${(error as Error).message}.`, {
      cause: error,
    });
  }
  const parsed = Settings.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new CoworkError('SETTINGS_INVALID', `${file}: ${z.prettifyError(parsed.error)}`);
}

/** After how many minutes without an answer a request of this kind counts as denied. */
export const approvalMinutes = ({ approvals }: Settings, kind: ApprovalKind): number =>
  approvals?.minutes?.[kind] ?? USUAL_MINUTES;
