import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import type { BetaRunnableTool } from '@anthropic-ai/sdk/lib/tools/BetaRunnableTool';
import { ToolError } from '@anthropic-ai/sdk/lib/tools/ToolError';
import { optionVariable, type SkillText } from '../../protocol/extensions.ts';
import type { Welcome } from '../../protocol/gate.ts';
import { type GateClient, GateRefusal } from '../gate-client.ts';
import { runShell } from '../run-shell.ts';
import { expand } from './expand.ts';

/** How long a command in a skill's text may take, milliseconds. */
const COMMAND_MS = 120_000;
/** Largest file that is attached, and most of them. */
const ATTACHED_MAX = 64 * 1024;
const ATTACHED_FILES = 20;

/** A skill as it goes into the conversation. */
export interface UsedSkill {
  skill: SkillText;
  text: string;
}

/** The skills and commands of an agent: fetched when they are used, filled in here, their commands run here. */
export class Skills {
  readonly #gate: GateClient;
  readonly #welcome: Welcome;
  /** Called with a skill that is used; `isHere`: in the conversation of the agent itself. */
  onUsed: (skill: SkillText, isHere: boolean) => void = () => {};

  constructor(gate: GateClient, welcome: Welcome) {
    this.#gate = gate;
    this.#welcome = welcome;
  }

  /** Fetches a skill. Throws GateRefusal when there is none of this name that `by` may use. */
  async find(name: string, by: 'model' | 'user' | 'agent', given?: string): Promise<SkillText> {
    return this.#gate.call<SkillText>('POST', '/agent/skill', { name, by, given });
  }

  /** The text of a skill with arguments, files and the output of its commands. Throws ToolError when one of these fails. */
  async use(found: SkillText, given: string, signal?: AbortSignal): Promise<UsedSkill> {
    if (found.isLiteral === true) return { skill: found, text: found.body ?? '' };
    const skill = found.body === null ? { ...found, body: bodyOf(found.file) } : found;
    const variables = this.variables(skill);
    const texts: string[] = [];
    for (const part of expand(skill, given, variables)) {
      if ('text' in part) texts.push(part.text);
      else if (skill.noShell !== null) texts.push(`[not run, ${skill.noShell}: ${part.run}]`);
      else
        texts.push(await this.#output(skill.name, part.run, { ...variables, ...optionsOf(skill) }, signal));
    }
    const text = texts.join('');
    return { skill, text: [text, ...this.#attached(text)].join('\n\n') };
  }

  /** The texts of skills that an agent knows from its start; one that can't be used is named. */
  async known(names: readonly string[]): Promise<string[]> {
    return Promise.all(
      names.map(async (name) => {
        try {
          return this.describe(await this.use(await this.find(name, 'agent'), ''));
        } catch (error) {
          return `[The skill ${name} could not be used: ${textOf(error)}]`;
        }
      }),
    );
  }

  /** What is said to the model of a skill that is used: its text, and where its files are. */
  describe({ skill: { name, kind, folder }, text }: UsedSkill): string {
    const files = kind === 'skill' ? `Its files are in ${folder}.\n` : '';
    return `<${kind} name="${name}">\n${files}${text.trim()}\n</${kind}>`;
  }

  /** The words behind a slash that a person typed, when they may name a skill or command. */
  static commandIn(text: string): { name: string; rest: string } | undefined {
    const [, name, rest = ''] = COMMAND_LINE.exec(text) ?? [];
    return name === undefined ? undefined : { name, rest: rest.trim() };
  }

  /** What follows from a command of the user; undefined when their words name none. Never throws. */
  async commanded(text: string): Promise<string | undefined> {
    const command = Skills.commandIn(text);
    if (command === undefined) return undefined;
    try {
      const skill = await this.find(command.name, 'user', command.rest);
      if (skill.isForked) {
        const call = JSON.stringify({ name: skill.name, arguments: command.rest });
        return `The user asks for the ${skill.kind} ${skill.name}. Call your tool skill with ${call}.`;
      }
      const used = await this.use(skill, command.rest);
      this.onUsed(skill, true);
      return `The user asks for the ${skill.kind} ${skill.name}; do what it says.\n${this.describe(used)}`;
    } catch (error) {
      // Other words behind a slash may be a path.
      const isMeant = command.name.includes(':') || command.name.startsWith('mcp__');
      if (error instanceof GateRefusal) return isMeant ? refusalOf(error) : undefined;
      return `The user asks for /${command.name}, which could not be used: ${textOf(error)}`;
    }
  }

  /** What the texts, hooks and servers of a plugin may name. */
  variables({ root, data, folder }: Pick<SkillText, 'root' | 'data' | 'folder'>): Record<string, string> {
    const { grants, workspace, team, name } = this.#welcome;
    return {
      CLAUDE_PLUGIN_ROOT: root,
      CLAUDE_PLUGIN_DATA: data,
      CLAUDE_PROJECT_DIR: grants[0]?.path ?? workspace,
      CLAUDE_SKILL_DIR: folder,
      CLAUDE_SESSION_ID: `${team}-${name}`,
    };
  }

  async #output(
    name: string,
    command: string,
    variables: Record<string, string>,
    signal: AbortSignal | undefined,
  ): Promise<string> {
    if (variables.CLAUDE_PLUGIN_DATA) mkdirSync(variables.CLAUDE_PLUGIN_DATA, { recursive: true });
    const { code, why, stdout, stderr } = await runShell(command, {
      ...{ cwd: this.#welcome.workspace, env: variables, timeoutMs: COMMAND_MS, signal },
    });
    if (code === 0) return stdout.trimEnd();
    const said = `${stdout}\n${stderr}`.trim().slice(-4_000);
    throw new ToolError(
      `${name} was not used: its command ${JSON.stringify(command)} ${why || `ended with ${code}`}.\n${said}`,
    );
  }

  /** Files that a text names with @, which are there and not too large. */
  #attached(text: string): string[] {
    const names = [...text.matchAll(/(?:^|\s)@([\w./~-]+[\w-])/g)].map((match) => match[1] ?? '');
    return [...new Set(names)].slice(0, ATTACHED_FILES).flatMap((name) => {
      const path = isAbsolute(name) ? name : join(this.#welcome.workspace, name);
      try {
        const { size } = statSync(path);
        if (!statSync(path).isFile()) return [];
        const content =
          size > ATTACHED_MAX ? `(${size} bytes: read it yourself)` : readFileSync(path, 'utf8');
        return [`<file path="${path}">\n${content.trimEnd()}\n</file>`];
      } catch {
        return []; // an e-mail address, a decorator: most words with @ are no files
      }
    });
  }
}

/** What the user has set for the plugin of a skill, as its programs have it. */
const optionsOf = ({ options = {} }: SkillText): Record<string, string> =>
  Object.fromEntries(Object.entries(options).map(([key, value]) => [optionVariable(key), value]));

const COMMAND_LINE = /^\/([\p{L}\p{N}][\p{L}\p{N}._-]*(?::[\p{L}\p{N}._:-]+)?)(?:\s+([\s\S]*))?$/u;

/** The tool by which the model uses a skill. `runForked` runs one in a context of its own; without it, all are read here. */
export function skillTool(
  skills: Skills,
  runForked?: (used: UsedSkill, signal: AbortSignal) => Promise<string>,
): BetaRunnableTool {
  return {
    type: 'custom',
    name: 'skill',
    description:
      'Uses a skill or command from the list of skills: gives its instructions, which you then follow. Call it before you begin the work that a skill is for.',
    input_schema: {
      type: 'object',
      properties: {
        name: { type: 'string', description: 'As it is listed, such as plugin:skill.' },
        arguments: { type: 'string', description: 'What it is to be used on, as its text asks for.' },
      },
      required: ['name'],
      additionalProperties: false,
    },
    parse: (input) => input,
    run: async (input: { name?: unknown; arguments?: unknown }, context) => {
      const signal = context?.signal ?? new AbortController().signal;
      try {
        const found = await skills.find(String(input.name ?? ''), 'model');
        const used = await skills.use(found, String(input.arguments ?? ''), signal);
        const isForked = found.isForked && runForked !== undefined;
        skills.onUsed(found, !isForked && runForked !== undefined);
        if (isForked) return await runForked(used, signal);
        return skills.describe(used);
      } catch (error) {
        if (error instanceof GateRefusal) throw new ToolError(error.body);
        throw error;
      }
    },
  };
}

function bodyOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
      .replace(/^\ufeff/, '')
      .replaceAll(/\r\n?/g, '\n')
      .replace(/^---[ \t]*\n[\s\S]*?\n(?:---|\.\.\.)[ \t]*(?:\n|$)/, '');
  } catch (error) {
    throw new ToolError(`${file} can't be read: ${textOf(error)}`);
  }
}

const textOf = (error: unknown): string => {
  if (error instanceof ToolError && typeof error.content === 'string') return error.content;
  return error instanceof Error ? error.message : String(error);
};

/** The keeper's own words of a refusal. */
function refusalOf({ body }: GateRefusal): string {
  try {
    const { error } = JSON.parse(body) as { error: { message: string; hint: string } };
    return `It could not be used: ${error.message} ${error.hint}`;
  } catch {
    return `It could not be used: ${body}`;
  }
}
