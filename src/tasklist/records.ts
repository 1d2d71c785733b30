import type { Evidence, TaskNeed, TaskState } from '../protocol/task.ts';
import { TASK_NEEDS, TASK_STATES } from '../protocol/words.ts';
import { isProcessIdentity, type ProcessIdentity } from '../store/process-identity.ts';
import {
  isCount,
  isText,
  isTextOrNull,
  type JsonRecord,
  type Parsed,
  type RecordHead,
} from '../store/record.ts';

/** Written by who has the list's lock: counts only while no later `locked` stands in front of it. */
interface Fenced {
  fence: string;
}

/** A new task; the n-th that counts is `tn`. */
export interface CreateRecord extends RecordHead, Partial<Fenced> {
  type: 'create';
  subject: string;
  description: string;
  dependsOn: string[];
  /** Whom it is reserved for. */
  owner: string | null;
  needs?: TaskNeed[];
  /** Of all creations with the same key from the same writer only the first counts. */
  key?: string;
}

/** Counts if the task is open for the writer at this place. */
export interface ClaimRecord extends RecordHead {
  type: 'claim';
  task: string;
  /** Names this claim; later changes must show it. */
  token: string;
}

/** A new state, by who holds the claim; fields that are not there stay. */
export interface UpdateRecord extends RecordHead {
  type: 'update';
  task: string;
  state: TaskState;
  token: string | null;
  result?: string;
  evidence?: Evidence;
}

export interface EditRecord extends RecordHead, Fenced {
  type: 'edit';
  task: string;
  subject?: string;
  description?: string;
  dependsOn?: string[];
  owner?: string | null;
  needs?: TaskNeed[];
}

export interface ReleaseRecord extends RecordHead, Fenced {
  type: 'release' | 'cancel';
  task: string;
  reason: string;
  /** release: whom it is kept for from then on. */
  owner?: string | null;
  /** cancel: whether what depends on it, and can never begin, is cancelled with it. */
  cascade?: boolean;
}

/** A life of an agent is over: its claims are released, and nothing that it writes from here on counts. */
export interface EndedRecord extends RecordHead {
  type: 'ended';
  agent: string;
  /** The incarnation that ended, and all before it. */
  upTo: number;
  reason: string;
  /** Whether the agent does not come back, so that what is reserved for it is open to all. */
  isFinal: boolean;
}

/** The list's lock was taken: what an earlier holder writes from here on does not count. */
export interface LockedRecord extends RecordHead {
  type: 'locked';
  process: ProcessIdentity;
}

export type TaskRecord =
  | CreateRecord
  | ClaimRecord
  | UpdateRecord
  | EditRecord
  | ReleaseRecord
  | EndedRecord
  | LockedRecord;

type FieldCheck = (value: unknown) => boolean;

const isTextList: FieldCheck = (value) => Array.isArray(value) && value.every(isText);
const maybe =
  (check: FieldCheck): FieldCheck =>
  (value) =>
    value === undefined || check(value);
const isNeeds: FieldCheck = (value) =>
  Array.isArray(value) && value.every((need) => (TASK_NEEDS as readonly unknown[]).includes(need));
const isFlag: FieldCheck = (value) => typeof value === 'boolean';
const isState: FieldCheck = (value) => (TASK_STATES as readonly unknown[]).includes(value);

const BODIES: Record<TaskRecord['type'], Record<string, FieldCheck>> = {
  create: {
    ...{ subject: isText, description: isText, dependsOn: isTextList, owner: isTextOrNull },
    ...{ key: maybe(isText), fence: maybe(isText), needs: maybe(isNeeds) },
  },
  claim: { task: isText, token: isText },
  update: {
    ...{ task: isText, state: isState, token: isTextOrNull },
    ...{ result: maybe(isText), evidence: maybe(isEvidence) },
  },
  edit: {
    ...{ task: isText, fence: isText, subject: maybe(isText), description: maybe(isText) },
    ...{ dependsOn: maybe(isTextList), owner: maybe(isTextOrNull), needs: maybe(isNeeds) },
  },
  release: { task: isText, reason: isText, fence: isText, owner: maybe(isTextOrNull) },
  cancel: { task: isText, reason: isText, fence: isText, cascade: maybe(isFlag) },
  ended: { agent: isText, upTo: isCount, reason: isText, isFinal: isFlag },
  locked: { process: isProcessIdentity },
};

/** Checks the body of a record of the task list; by hand, for the reasons that `parseRecord` gives. */
export function parseTaskRecord(record: JsonRecord): Parsed<TaskRecord> {
  if (!Object.hasOwn(BODIES, record.type)) {
    return { malformed: `${JSON.stringify(record.type)} is not a type of record in a task list` };
  }
  const body = BODIES[record.type as TaskRecord['type']]; // it is a key of BODIES
  for (const [field, check] of Object.entries(body)) {
    if (!check(record[field])) return { malformed: `${field} of a ${record.type} is of the wrong kind` };
  }
  return { record: record as unknown as TaskRecord }; // the type's every field was just checked
}

/** A sentence, or something that can be checked. */
function isEvidence(value: unknown): boolean {
  if (isText(value)) return true;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const { command, exitCode, artifact, note } = value as Record<string, unknown>;
  return [command, artifact, note].every(maybe(isText)) && maybe(isCount)(exitCode);
}
