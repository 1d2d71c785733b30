import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { sep } from 'node:path';
import type { FileEvent } from '../files/grant.ts';
import type { Mailbox } from '../mailbox/mailbox.ts';
import { loadIds } from '../store/ids.ts';
import { openJournal } from '../store/journal.ts';
import { openJournalReader } from '../store/journal-reader.ts';
import { RECORD_VERSION } from '../store/record.ts';
import { readAgentRecord } from '../team/agent-record.ts';
import { editsFile } from '../team/paths.ts';
import type { TeamGrant } from '../team/team.ts';

/** An edit by another agent counts so long, and one's own is noted as often, in milliseconds. */
const WINDOW_MS = 10 * 60_000;
const AGAIN_MS = 30_000;
/** So many files two agents are told of; more would tell them nothing new. */
const TOLD_MAX = 10;

/** Notices when two agents that are at work change one file of a grant, and tells both, once. */
export interface SharedEdits {
  /** What this agent's machine did to a grant. */
  happened(event: FileEvent): void;
  /** A file that its tools wrote, as a path of the host; for an agent without a machine. */
  edited(path: string): void;
}

interface Edit {
  by: string;
  at: string;
  grant: string;
  path: string;
}

export function watchSharedEdits(of: {
  dir: string;
  agent: string;
  incarnation: number;
  mailbox: Mailbox;
  /** Those in which what one agent writes is there for the others. */
  grants: readonly TeamGrant[];
  onFailure: (error: unknown) => void;
  now?: () => number;
}): SharedEdits {
  const { dir, agent, incarnation, mailbox, onFailure, now = Date.now } = of;
  const grants = of.grants.filter(({ mode }) => mode === 'rw' || mode === 'keep');
  const journal = openJournal(editsFile(dir), { durable: false });
  const reader = openJournalReader(editsFile(dir), ({ by, at, grant, path }) =>
    typeof grant === 'string' && typeof path === 'string'
      ? { record: { by, at, grant, path } satisfies Edit }
      : { malformed: 'no edit' },
  );
  const others = new Map<string, Edit[]>();
  const noted = new Map<string, number>();
  const told = new Map<string, number>();
  let last: Promise<void> = Promise.resolve();

  const note = async (grant: string, path: string, at: string): Promise<void> => {
    const ids = await loadIds();
    const head = { v: RECORD_VERSION, id: ids(), by: agent, incarnation, at } as const;
    journal.write({ ...head, type: 'edited', ...{ grant, path } });
    for (const edit of reader.read().records) {
      if (edit.by === agent) continue;
      const key = `${edit.grant}/${edit.path}`;
      others.set(key, [...(others.get(key) ?? []).filter(({ by }) => by !== edit.by), edit]);
    }
    for (const { by: other, at: when } of others.get(`${grant}/${path}`) ?? []) {
      const isAtWork = readAgentRecord(dir, other).state === 'working';
      if (!isAtWork || now() - Date.parse(when) > WINDOW_MS) continue;
      const count = told.get(other) ?? 0;
      if (count < TOLD_MAX) await tell(other, `${grant}/${path}`);
      told.set(other, count + 1);
    }
  };

  const tell = async (other: string, file: string): Promise<void> => {
    const [one = '', two = ''] = [agent, other].sort();
    const name = createHash('sha256').update(file).digest('hex').slice(0, 16);
    for (const [to, beside] of [
      [agent, other],
      [other, agent],
    ] as const) {
      // Quoted: the name of a file is an agent's text.
      const text = `You and ${beside} both change ${JSON.stringify(file)}. What one of you writes may undo the other: read it again before you write, and agree with send_message who has it.`;
      const key = `same-file-${one}-${two}-${name}-${to}`;
      await mailbox.send({ from: 'team', to, kind: 'notice', text, incarnation: 0, key });
    }
  };

  const add = (grant: string, path: string): void => {
    const key = `${grant}/${path}`;
    if (now() - (noted.get(key) ?? Number.NEGATIVE_INFINITY) < AGAIN_MS) return;
    noted.set(key, now());
    const at = new Date(now()).toISOString();
    last = last.then(() => note(grant, path, at)).catch(onFailure);
  };

  return {
    happened: (event) => {
      if (event.type !== 'changed' || !grants.some(({ name }) => name === event.grant)) return;
      if (event.kind === 'write') add(event.grant, event.path);
      // Many programs write beside a file and put that in its place.
      if (event.kind === 'rename' && event.to !== undefined) add(event.grant, event.to);
    },
    edited: (path) => {
      const real = realOf(path);
      const grant = grants.find(({ path: root }) => real.startsWith(root + sep));
      if (grant !== undefined) add(grant.name, real.slice(grant.path.length + 1));
    },
  };
}

function realOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path; // gone already
  }
}
