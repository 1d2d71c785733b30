import { join } from 'node:path';
import { findProject } from '../memory/memory.ts';
import { CoworkError } from '../protocol/errors.ts';
import { type ProjectFolder, readProjectFolder } from '../team/project-folder.ts';
import { changeProjectRecord, readProjectRecord } from '../team/project-record.ts';
import { plainText } from '../text/plain.ts';
import { askYesNo } from './ask-yes-no.ts';
import type { CommandArguments, Surroundings } from './command.ts';
import { viewerName } from './viewer-name.ts';

/** What was typed, filled up with what the project brings and the person has agreed to. */
interface Filled {
  args: CommandArguments;
  /** For all agents of the team; empty when there are none. */
  instructions: string;
}

/**
 * Fills up a launch with the defaults of its project. What the person has not agreed to, exactly as it is now, counts for nothing: at a terminal they
 * are asked, else it is said and the launch goes on without.
 */
export async function withProjectDefaults(
  args: CommandArguments,
  surroundings: Surroundings,
): Promise<Filled> {
  const { home, env, stderr } = surroundings;
  const path = findProject(home, process.cwd());
  if (path === null || args.join === true) return { args, instructions: '' };
  let brings: ProjectFolder | undefined;
  try {
    brings = readProjectFolder(home, path);
  } catch (error) {
    if (!(error instanceof CoworkError)) throw error;
    stderr.write(`${plainText(error.message)}\n`);
    return { args, instructions: '' };
  }
  if (brings === undefined) return { args, instructions: '' };
  const isAgreed = readProjectRecord(home, path).agreed?.checksum === brings.checksum;
  if (!isAgreed && !(await asksAndAgrees(path, brings, args, surroundings))) {
    stderr.write(
      `${plainText(join(path, '.cowork'))} is not used: you have not agreed to it as it is now. See and agree: cowork project allow\n`,
    );
    return { args, instructions: '' };
  }
  for (const { given, why } of brings.missing)
    stderr.write(`Not granted: ${plainText(given)}: ${plainText(why)}\n`);
  return { args: fill(args, brings, env), instructions: brings.instructions };
}

async function asksAndAgrees(
  path: string,
  brings: ProjectFolder,
  args: CommandArguments,
  { home, stdin, stderr }: Surroundings,
): Promise<boolean> {
  if (args.json === true || !stdin.isTTY || !stderr.isTTY) return false;
  stderr.write(`The project ${plainText(path)} brings this for its teams:\n${describeFolder(brings)}`);
  if (!(await askYesNo('Agree? [y/N] ', { stdin, stderr }))) return false;
  await agreeTo(home, path, brings);
  return true;
}

/** Writes down that the person agrees to what a project brings, as it is now. */
export async function agreeTo(home: string, path: string, { checksum }: ProjectFolder): Promise<void> {
  const agreed = { checksum, at: new Date().toISOString(), who: viewerName() };
  await changeProjectRecord(home, path, (record) => ({ ...record, agreed }));
}

/** All that consent is to, for people: written by whoever made the project. */
export function describeFolder({ settings, instructions, grants, missing, checksum }: ProjectFolder): string {
  const { grants: _, ...rest } = settings;
  const lines = [
    ...grants.map(({ path, mode }) => `folder ${path} (${mode})`),
    ...missing.map(({ given, why }) => `folder ${given}, which can't be granted now: ${why}`),
    ...Object.entries(rest).map(([name, value]) => `${name} ${JSON.stringify(value)}`),
    ...(instructions === ''
      ? []
      : ['instructions for all agents:', ...instructions.split('\n').map((line) => `  ${line}`)]),
    `checksum ${checksum}`,
  ];
  return lines.map((line) => `  ${plainText(line)}\n`).join('');
}

/** The flags of `launch` with those of the project where none was typed. Hosts, plugins and what is always allowed add up. */
function fill(
  args: CommandArguments,
  { settings, grants }: ProjectFolder,
  env: NodeJS.ProcessEnv,
): CommandArguments {
  const {
    grants: _,
    allowHosts = [],
    plugins = [],
    teammates,
    teammate,
    model,
    leadModel,
    ...limits
  } = settings;
  const isCounted = args.teammates !== undefined || args.teammate !== undefined;
  const isNamed = args.model !== undefined || env.COWORK_MODEL !== undefined;
  const defaults: Record<string, unknown> = {
    ...limits,
    ...(isCounted ? {} : { teammates, teammate }),
    ...(isNamed ? {} : { model, leadModel }),
    grant: grants.length === 0 ? undefined : grants.map(({ path, mode }) => `${path}:${mode}`),
  };
  const typed = Object.entries(args).filter(([, value]) => value !== undefined);
  return {
    ...defaults,
    ...Object.fromEntries(typed),
    allowHost: added(args.allowHost, allowHosts),
    plugin: added(args.plugin, plugins),
  };
}

const added = (typed: unknown, more: readonly string[]): string[] => [
  ...new Set([...(Array.isArray(typed) ? typed.map(String) : []), ...more]),
];
