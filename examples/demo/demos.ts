import { join } from 'node:path';
import { check as checkAddresses } from '../addresses/check.ts';
import { prepare as prepareAddresses } from '../addresses/prepare.ts';
import { check as checkMailbox } from '../mailbox/check.ts';
import { prepare as prepareMailbox } from '../mailbox/prepare.ts';

/** A job that can be shown. */
export interface Demo {
  /** Base name of the folder that the team gets. */
  folder: string;
  job: string;
  rehearsal: string;
  /** Lays the input out in a folder. */
  prepare: (folder: string) => Promise<{ manifest: unknown; says: string }>;
  check: (folder: string, manifest: unknown) => Promise<{ ok: boolean; problems: string[] }>;
}

const examples = join(import.meta.dirname, '..');

/** Ties a job's input to the checker that knows its manifest. */
function demo<Manifest>(
  name: string,
  prepare: (folder: string) => Promise<Manifest>,
  says: (manifest: Manifest) => string,
  check: (folder: string, manifest: Manifest) => Promise<{ ok: boolean; problems: string[] }>,
): Demo {
  return {
    folder: name,
    job: join(examples, name, 'job.md'),
    rehearsal: join(examples, name, 'rehearsal.ts'),
    prepare: async (folder) => {
      const manifest = await prepare(folder);
      return { manifest, says: says(manifest) };
    },
    check: (folder, manifest) => check(folder, manifest as Manifest), // what this very demo has prepared
  };
}

export const DEMOS: Record<string, Demo> = {
  mailbox: demo(
    'mailbox',
    prepareMailbox,
    ({ mails }) => `${mails.length} real e-mails lie as loose files`,
    checkMailbox,
  ),
  addresses: demo(
    'addresses',
    prepareAddresses,
    ({ addresses }) => `${addresses.length} State of the Union addresses lie as loose files`,
    checkAddresses,
  ),
};
