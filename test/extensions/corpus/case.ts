import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ExtensionState } from '../../../src/extensions/finding.ts';
import type { Components } from '../../../src/extensions/load/components.ts';

/** Content of a file, an object as JSON, or where a link leads. */
export type Content = string | object | { link: string };

/** Files as somebody could have written them, and what must come of them. */
export interface Case {
  title: string;
  files: Record<string, Content>;
  state: ExtensionState;
  /** What is loaded: `skill a, command b, agent c, hook PreToolUse Bash, server d`, in that order. */
  brings?: string;
  /** One expression for each finding, in order. */
  says?: RegExp[];
}

/** Writes files below a folder; a value `{ link }` becomes a symbolic link. */
export function writeFiles(folder: string, files: Record<string, Content>): void {
  mkdirSync(folder, { recursive: true });
  for (const [path, content] of Object.entries(files)) {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    if (typeof content === 'string') writeFileSync(file, content);
    else if ('link' in content && Object.keys(content).length === 1) symlinkSync(String(content.link), file);
    else writeFileSync(file, JSON.stringify(content));
  }
}

/** What is loaded, in the words of a case. */
export function broughtBy({ skills, commands, agents, hooks, mcpServers, programs }: Components): string {
  return [
    ...skills.map(({ name }) => `skill ${name}`),
    ...commands.map(({ name }) => `command ${name}`),
    ...agents.map(({ name }) => `agent ${name}`),
    ...hooks.map(({ event, matcher }) => `hook ${event} ${matcher}`),
    ...mcpServers.map(({ name }) => `server ${name}`),
    ...programs.map((path) => `program ${path}`),
  ].join(', ');
}
