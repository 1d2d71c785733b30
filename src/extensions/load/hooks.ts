import { NAME_LIST } from '../../protocol/hooks.ts';
import type { Notes } from '../finding.ts';
import { isObject, kindOf, strings } from '../format/text.ts';

/** Every event of the public format (August 2026). */
export const HOOK_EVENTS =
  `SessionStart Setup UserPromptSubmit UserPromptExpansion PreToolUse PermissionRequest PermissionDenied
  PostToolUse PostToolUseFailure PostToolBatch PreModelSwitch PostModelSwitch Notification MessageDisplay SubagentStart SubagentStop TaskCreated TaskCompleted
  Stop StopFailure TeammateIdle InstructionsLoaded ConfigChange CwdChanged DirectoryAdded FileChanged WorktreeCreate
  WorktreeRemove PreCompact PostCompact Elicitation ElicitationResult SessionEnd`.split(/\s+/);

const NO_DIALOGS = 'agents ask nobody before they use a tool';
const WAITS_ELSEWHERE = 'what servers ask of you waits in your inbox, outside the machine of the agent';
/** Events that never come here, and why. */
const NEVER: Record<string, string> = {
  Setup: 'there is no setting up beside the start of an agent; take SessionStart',
  PermissionRequest: NO_DIALOGS,
  PermissionDenied: NO_DIALOGS,
  PreModelSwitch: 'the model of an agent is switched by you or the lead, outside its machine',
  PostModelSwitch: 'the model of an agent is switched by you or the lead, outside its machine',
  MessageDisplay: 'what an agent says is shown as it is',
  InstructionsLoaded: 'instructions are read on the host, before the agent starts',
  ConfigChange: 'settings count from the launch of a team on',
  CwdChanged: 'the folder in which an agent works stays the same',
  DirectoryAdded: 'folders are granted by you, and told to the agent as mail',
  FileChanged: 'nobody watches files for hooks',
  WorktreeCreate: 'each agent has a machine and a clone of its own',
  WorktreeRemove: 'each agent has a machine and a clone of its own',
  Elicitation: WAITS_ELSEWHERE,
  ElicitationResult: WAITS_ELSEWHERE,
};

/** Why hooks of an event never run; undefined when they do. */
export const whyNever = (event: string): string | undefined =>
  Object.hasOwn(NEVER, event) ? NEVER[event] : undefined;

const DEFAULT_SECONDS: Record<string, number> = { prompt: 30, agent: 60 };
const SECONDS_MAX = 3600;
/** What each type of handler can't do without. */
const TYPES: Record<string, string> = {
  command: 'command',
  http: 'url',
  mcp_tool: 'tool',
  prompt: 'prompt',
  agent: 'prompt',
};

/** One handler of one event. */
export interface HookHandler {
  event: string;
  /** `*` for all. */
  matcher: string;
  type: string;
  /** The command, address, tool or prompt. */
  what: string;
  /** Arguments, when the command is to be run without a shell. */
  args: string[] | null;
  isAsync: boolean;
  /** It runs once in a life of the agent. */
  isOnce?: boolean;
  /** It runs once this skill was used. */
  skill?: string;
  timeoutSeconds: number;
  file: string;
  /** Of an `mcp_tool`: the server, and what the tool is given. */
  server?: string;
  input?: Record<string, unknown>;
  /** Of `http`: headers, and the variables of the user's environment that may stand in them. */
  headers?: Record<string, string>;
  variables?: string[];
}

/** Reads hooks, in whichever of the shapes that occur; what can't be used is named and left out. */
export function readHooks(value: unknown, file: string, notes: Notes): HookHandler[] {
  if (Array.isArray(value)) return value.flatMap((each, i) => readListed(each, i, file, notes));
  if (!isObject(value)) {
    notes.warn(file, `hooks can't be ${kindOf(value)}; none was read`);
    return [];
  }
  if (Object.hasOwn(value, 'hooks')) {
    for (const key of Object.keys(value)) {
      if (!['hooks', 'description', '$schema', 'version', 'disableAllHooks'].includes(key))
        notes.warn(file, `the field ${JSON.stringify(key)} beside "hooks" is not known and was ignored`);
    }
    return readHooks(value.hooks, file, notes);
  }
  return Object.entries(value).flatMap(([event, groups]) => {
    if (event === 'description' || event === '$schema') return [];
    if (!isEvent(event, file, notes)) return [];
    const listed = Array.isArray(groups) ? groups : [groups];
    return listed.flatMap((group) => readGroup(group, event, file, notes));
  });
}

/** Hooks as a list: each names its event itself. */
function readListed(each: unknown, i: number, file: string, notes: Notes): HookHandler[] {
  const event = isObject(each) ? (each.event ?? each.hook_event_name ?? each.type) : undefined;
  if (!isObject(each) || typeof event !== 'string') {
    notes.warn(file, `hook ${i + 1} of the list names no event and was left out`);
    return [];
  }
  if (!isEvent(event, file, notes)) return [];
  const { event: _, hook_event_name: __, type, ...rest } = each;
  return readGroup({ ...rest, ...(type === event ? {} : { type }) }, event, file, notes);
}

function readGroup(group: unknown, event: string, file: string, notes: Notes): HookHandler[] {
  if (!isObject(group)) {
    notes.warn(file, `${event}: a hook can't be ${kindOf(group)}; it was left out`);
    return [];
  }
  const matcher = readMatcher(group.matcher, event, file, notes);
  if (matcher === undefined) return [];
  // Without the list of handlers the group is taken for the handler.
  const handlers = Array.isArray(group.hooks) ? group.hooks : [group];
  return handlers.flatMap((handler) => readHandler(handler, { event, matcher, file }, notes) ?? []);
}

function readHandler(
  handler: unknown,
  of: Pick<HookHandler, 'event' | 'matcher' | 'file'>,
  notes: Notes,
): HookHandler | undefined {
  const leave = (reason: string): undefined => {
    notes.warn(of.file, `${of.event}: ${reason}; it was left out`);
  };
  if (!isObject(handler)) return leave(`a handler can't be ${kindOf(handler)}`);
  const type = handler.type ?? (typeof handler.command === 'string' ? 'command' : undefined);
  const needed = typeof type === 'string' && Object.hasOwn(TYPES, type) ? TYPES[type] : undefined;
  if (typeof type !== 'string' || needed === undefined)
    return leave(`there is no handler of type ${JSON.stringify(type)}`);
  const what = handler[needed];
  if (typeof what !== 'string' || what.trim() === '')
    return leave(`a handler of type ${type} needs "${needed}"`);
  const more = readMore(handler, type, of, notes);
  if (typeof more === 'string') return leave(more);
  return {
    ...of,
    type,
    what,
    args: Array.isArray(handler.args) ? strings(handler.args) : null,
    isAsync: handler.async === true,
    ...(handler.once === true ? { isOnce: true } : {}),
    timeoutSeconds: readTimeout(handler.timeout, type, of.file, notes),
    ...more,
  };
}

/** What a call of a server or an address needs beside; a text says why it can't be. */
function readMore(
  handler: Record<string, unknown>,
  type: string,
  { event, file }: Pick<HookHandler, 'event' | 'file'>,
  notes: Notes,
): Partial<HookHandler> | string {
  if (type === 'mcp_tool') {
    const { server, input } = handler;
    if (typeof server !== 'string' || server.trim() === '') return `a handler of type ${type} needs "server"`;
    if (input !== undefined && !isObject(input)) return `"input" can't be ${kindOf(input)}`;
    return { server, ...(input === undefined ? {} : { input }) };
  }
  if (type !== 'http' || handler.headers === undefined) return {};
  if (!isObject(handler.headers)) return `"headers" can't be ${kindOf(handler.headers)}`;
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(handler.headers)) {
    if (/^[A-Za-z0-9-]+$/.test(name) && typeof value === 'string' && !/[\u0000-\u001f]/.test(value))
      headers[name] = value;
    else notes.warn(file, `${event}: ${JSON.stringify(name)} is no header that can be sent; it was left out`);
  }
  return { headers, variables: strings(handler.allowedEnvVars) };
}

function readTimeout(value: unknown, type: string, file: string, notes: Notes): number {
  const usual = DEFAULT_SECONDS[type] ?? 600;
  if (value === undefined) return usual;
  if (typeof value === 'number' && value > 0 && Number.isFinite(value)) {
    if (value > SECONDS_MAX) notes.warn(file, `a time-out of ${value} s was cut to ${SECONDS_MAX} s`);
    return Math.min(value, SECONDS_MAX);
  }
  notes.warn(file, `"timeout" can't be ${JSON.stringify(value)}; it is ${usual} s`);
  return usual;
}

function readMatcher(value: unknown, event: string, file: string, notes: Notes): string | undefined {
  if (value === undefined || value === null || value === '') return '*';
  if (typeof value !== 'string') {
    notes.warn(file, `${event}: a matcher can't be ${kindOf(value)}; its hooks were left out`);
    return undefined;
  }
  const broken = whyNoMatcher(value);
  if (broken === undefined) return value;
  notes.warn(file, `${event}: the matcher ${JSON.stringify(value)} ${broken}; its hooks were left out`);
  return undefined;
}

function whyNoMatcher(matcher: string): string | undefined {
  if (matcher === '*' || NAME_LIST.test(matcher)) return undefined;
  if (matcher.length > 1000) return 'is over 1000 characters';
  try {
    new RegExp(matcher);
    return undefined;
  } catch {
    return 'is no regular expression';
  }
}

function isEvent(event: string, file: string, notes: Notes): boolean {
  if (HOOK_EVENTS.includes(event)) {
    const never = whyNever(event);
    if (never !== undefined) notes.warn(file, `hooks of ${event} never run here: ${never}`);
    return true;
  }
  notes.warn(file, `there is no event ${JSON.stringify(event)}; its hooks were left out`);
  return false;
}
