import { join } from 'node:path';
import { findProject } from '../memory/memory.ts';
import type { ProjectFolder } from '../team/project-folder.ts';
import { plainText } from '../text/plain.ts';
import { askYesNo } from './ask-yes-no.ts';
import type { CommandArguments, Surroundings } from './command.ts';
import { describeConsent } from './describe-project.ts';
import { agreeTo, type Consent, readConsent } from './project-consent.ts';

/** What was typed, filled up with what the project brings and the person has agreed to. */
interface Filled {
  args: CommandArguments;
  /** For all agents of the team; empty when there are none. */
  instructions: string;
}

/**
 * Fills up a launch with the defaults of its project. What the person has not agreed to, exactly as it is now, counts for nothing: at a terminal they
 * are asked, once for settings, instructions and notes, else it is said and the launch goes on without.
 */
export async function withProjectDefaults(
  args: CommandArguments,
  surroundings: Surroundings,
): Promise<Filled> {
  const { home, env, stderr } = surroundings;
  const path = findProject(home, process.cwd());
  if (path === null || args.join === true) return { args, instructions: '' };
  const consent = readConsent(home, path);
  if (consent.fault !== undefined) stderr.write(`${plainText(consent.fault.message)}\n`);
  const isAgreed = await hasConsent(consent, args, surroundings);
  const { brings } = consent;
  if (brings === undefined || !isAgreed) return { args, instructions: '' };
  for (const { given, why } of brings.missing)
    stderr.write(`Not granted: ${plainText(given)}: ${plainText(why)}\n`);
  return { args: fill(args, brings, env), instructions: brings.instructions };
}

/** Asks for the consent that is missing, where there is somebody to ask, and says what is left out; whether settings and instructions are agreed to. */
async function hasConsent(
  consent: Consent,
  args: CommandArguments,
  { home, stdin, stderr }: Surroundings,
): Promise<boolean> {
  const { path, brings, isAgreed } = consent;
  const isOpen = brings !== undefined && !isAgreed;
  const notes = consent.notes.filter(({ problem }) => problem === null);
  if (!isOpen && notes.length === 0) return isAgreed;
  if (args.json !== true && stdin.isTTY && stderr.isTTY) {
    const open = { ...consent, brings: isOpen ? brings : undefined };
    stderr.write(`The project ${plainText(path)} brings this for its teams:\n${describeConsent(open)}`);
    if (await askYesNo('Agree? [y/N] ', { stdin, stderr })) {
      for (const line of await agreeTo(home, open)) stderr.write(`${plainText(line)}\n`);
      return brings !== undefined;
    }
  }
  const folder = plainText(join(path, '.cowork'));
  if (isOpen)
    stderr.write(
      `${folder} is not used: you have not agreed to it as it is now. See and agree: cowork project allow\n`,
    );
  if (notes.length > 0) stderr.write(`${waitingNotes(notes.length, folder)}\n`);
  return isAgreed;
}

/** That notes wait, and what to do about it. */
export const waitingNotes = (number: number, folder: string): string =>
  `${number === 1 ? '1 note' : `${number} notes`} in ${folder} ${number === 1 ? 'waits' : 'wait'} for your consent, and agents do not see ${number === 1 ? 'it' : 'them'}. See: cowork project. Agree: cowork memory allow`;

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
