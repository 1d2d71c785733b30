import type { Skill } from '../load/components.ts';
import type { HookHandler } from '../load/hooks.ts';
import type { Plugin } from '../load/plugin.ts';
import { describeServer } from '../servers/environment.ts';

/** What a plugin brings, one line each, so that two revisions can be compared and a person can agree to what runs. */
export interface Inventory {
  /** `command`, `skill`, `agent`, `hook`, `server`, `program`, `permission`, `option`. */
  kind: string;
  name: string;
  detail: string;
  /** Whether it is a program, makes one run, or has agents speak to a server. */
  runs: boolean;
}

export interface Change {
  change: 'new' | 'gone' | 'changed';
  kind: string;
  name: string;
  detail: string;
}

export function inventoryOf({ components, options }: Plugin): Inventory[] {
  const { skills, commands, agents, hooks, mcpServers, programs } = components;
  const line = (kind: string, name: string, detail: string, runs = false): Inventory => ({
    kind,
    name,
    detail,
    runs,
  });
  const permissions = (of: { name: string }, tools: readonly string[] | null, kind: string): Inventory[] =>
    (tools ?? []).map((tool) => line('permission', `${kind} ${of.name}: ${tool}`, ''));
  const text = (kind: string) => (skill: Skill) => [
    line(kind, skill.name, skill.description.slice(0, 200)),
    ...(skill.runsCommands
      ? [line('shell', `${kind} ${skill.name}`, 'its text runs commands when it is used', true)]
      : []),
    ...permissions(skill, skill.allowedTools, kind),
  ];
  return [
    ...commands.flatMap(text('command')),
    ...skills.flatMap(text('skill')),
    ...agents.flatMap((agent) => [
      line('agent', agent.name, agent.description.slice(0, 200)),
      ...permissions(agent, agent.tools, 'agent'),
    ]),
    ...hooks.map((hook) => line('hook', `${hook.event} ${hook.matcher}`, describeHook(hook), true)),
    // One on the network runs nothing here, and still hears what agents tell it.
    ...mcpServers.map((server) => line('server', server.name, describeServer(server), server.isConfigured)),
    ...programs.map((path) => line('program', path, '', true)),
    ...options.map(({ key, isSensitive, isRequired, title }) =>
      line(
        'option',
        key,
        [...(isRequired ? ['required'] : []), ...(isSensitive ? ['secret'] : []), title].join(' '),
      ),
    ),
  ];
}

/** All that a hook would do and take: an update that changes any of it is asked about. */
function describeHook({
  type,
  what,
  args,
  server,
  input,
  headers,
  skill,
  variables = [],
}: HookHandler): string {
  const more = [input, headers].flatMap((each) => (each === undefined ? [] : [JSON.stringify(each)]));
  const takes = variables.length === 0 ? '' : ` (takes ${variables.join(', ')} of your environment)`;
  const when = skill === undefined ? '' : ` (when ${skill} is used)`;
  const parts = [...(server === undefined ? [] : [server]), what, ...(args ?? []), ...more];
  return `${type}: ${parts.join(' ')}${takes}${when}`;
}

/** What differs between two inventories. */
export function compareInventories(before: readonly Inventory[], after: readonly Inventory[]): Change[] {
  const key = ({ kind, name, detail }: Inventory): string =>
    kind === 'hook' ? `${kind} ${name} ${detail}` : `${kind} ${name}`;
  const old = new Map(before.map((item) => [key(item), item]));
  const fresh = new Map(after.map((item) => [key(item), item]));
  const change = (how: Change['change'], { kind, name, detail }: Inventory): Change => ({
    change: how,
    kind,
    name,
    detail,
  });
  return [
    ...[...fresh].filter(([id]) => !old.has(id)).map(([, item]) => change('new', item)),
    ...[...fresh]
      .filter(([id, { detail }]) => old.has(id) && old.get(id)?.detail !== detail)
      .map(([, item]) => change('changed', item)),
    ...[...old].filter(([id]) => !fresh.has(id)).map(([, item]) => change('gone', item)),
  ];
}
