import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { readRule } from '../gate/egress/rules.ts';
import { findProject } from '../memory/memory.ts';
import { CoworkError } from '../protocol/errors.ts';
import { IMAGE_NAMES, type ImageName } from '../protocol/images.ts';
import { LIMITS, type Limits, limitObstacle } from '../protocol/limits.ts';
import { assertNewName, isName, RESERVED_NAMES } from '../protocol/names.ts';
import type { TaskNeed } from '../protocol/task.ts';
import { type ReplySettings, SANDBOXES, type Sandbox } from '../protocol/team.ts';
import type { LaunchRequest } from '../supervisor/launch.ts';
import { nameGrants, readGrant } from '../team/grants.ts';
import { TEAMMATES_MAX } from '../team/roster.ts';
import { listTeams, type TeamGrant } from '../team/team.ts';
import { plainText } from '../text/plain.ts';
import type { CommandArguments, Surroundings } from './command.ts';
import { readLimits } from './limits.ts';
import { standingOf } from './standing.ts';
import { LAUNCH_OPTIONS } from './table/launch-options.ts';

const LEAD_MODEL = 'claude-opus-5-5';
const TEAMMATE_MODEL = 'claude-sonnet-5-5';
const TEAMMATES = 3;
const MAX_TURNS = 500;
/** Names for teammates that were only counted. */
const NAMES = [
  'ada',
  'ben',
  'cleo',
  'dan',
  'eva',
  'finn',
  'gus',
  'hana',
  'ivo',
  'joy',
  'kim',
  'leo',
  'mia',
  'nils',
  'olga',
  'pia',
];

/** Makes a launch of what was typed. Throws coded errors for everything that can be seen to be wrong before a start. */
export async function readLaunchRequest(
  args: CommandArguments,
  { env, home, stdin, stderr }: Surroundings,
): Promise<LaunchRequest> {
  const joins = args.join === true;
  if (joins) assertJoins(args);
  const job = joins ? '' : await readJob(args, stdin);
  const name = typeof args.team === 'string' ? args.team : inventName(job, listTeams(home));
  assertNewName(name, 'team');
  if (listTeams(home).includes(name))
    throw new CoworkError('TEAM_TAKEN', `There is a team "${name}" already.`);
  const model = readModel('--model', args.model) ?? readModel('COWORK_MODEL', env.COWORK_MODEL);
  const sandbox = readSandbox(textOf(args.sandbox) ?? env.COWORK_SANDBOX ?? 'vm');
  const given = strings(args.grant).map((each) => readGrant(home, each));
  const project = findProject(home, process.cwd()) ?? given[0]?.path ?? null;
  const standing = standingOf(home, project, given, sandbox);
  for (const note of standing.notes) stderr.write(`${plainText(note)}\n`);
  const grants = nameGrants([...given, ...standing.grants]);
  assertGuarded(grants, sandbox);
  return {
    name,
    job,
    teammates: readTeammates(args),
    grants,
    project,
    allowHosts: [
      ...new Set([...strings(args.allowHost), ...standing.hosts].map((rule) => readRule(rule).text)),
    ],
    model: model ?? TEAMMATE_MODEL,
    leadModel: readModel('--lead-model', args.leadModel) ?? model ?? LEAD_MODEL,
    maxTurns: MAX_TURNS,
    ...readLimits(args),
    requirePlan: args.requirePlan === true,
    delegate: args.delegate === true,
    replies: readReplies(args),
    limits: readMachineLimits(strings(args.limit)),
    sandbox,
    ...readImage(textOf(args.image), sandbox),
    rehearsal: readRehearsal(textOf(args.rehearsal)),
    record: readRecord(textOf(args.record)),
    requires: strings(args.require) as TaskNeed[], // the parser has checked them
    ...readCheck(args),
    store: readStore(textOf(args.store)),
    joins,
  };
}

/** Flags of `launch` that a scheduled run has from its schedule, or that make no sense for one. */
const NOT_SCHEDULED = ['team', 'detach', 'json', 'record', 'join'];

/** The words of `cowork launch` that ask for the same again, wherever it is run. What the environment says now is said with flags. */
export function launchWords(args: CommandArguments, env: NodeJS.ProcessEnv): string[] {
  const given: CommandArguments = {
    ...args,
    sandbox: args.sandbox ?? env.COWORK_SANDBOX,
    model: args.model ?? env.COWORK_MODEL,
  };
  const flags = Object.keys(LAUNCH_OPTIONS).filter((name) => !NOT_SCHEDULED.includes(name));
  const words = flags.flatMap((flag) => {
    const value = given[flag.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())];
    if (value === undefined || value === false) return [];
    if (value === true) return [`--${flag}`];
    return [value].flat().map((each) => `--${flag}=${String(each)}`);
  });
  return typeof args.job === 'string' ? [...words, `--job=${args.job}`] : words;
}

/** A team that is joined has its name, its job and its lead already. */
function assertJoins(args: CommandArguments): void {
  const hint = 'cowork launch --join --team NAME --store nats://HOST:PORT --teammate NAME';
  for (const needed of ['team', 'store']) {
    if (textOf(args[needed]) === undefined)
      throw new CoworkError('USAGE', `--join needs --${needed}.`, { hint });
  }
  const given = ['job', 'jobFile', 'leadModel', 'require', 'requirePlan', 'delegate'].find(
    (name) => args[name] !== undefined,
  );
  if (given === undefined) return;
  const named =
    given === 'job' ? 'a job' : `--${given.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  throw new CoworkError('USAGE', `--join can't go with ${named}: the team has that already.`, { hint });
}

async function readJob(args: CommandArguments, stdin: Surroundings['stdin']): Promise<string> {
  const file = textOf(args.jobFile);
  if (file !== undefined && args.job !== undefined) {
    throw new CoworkError('USAGE', 'The job was given twice.', { hint: 'Give either JOB or --job-file.' });
  }
  const job =
    file === undefined ? (textOf(args.job) ?? '') : file === '-' ? await text(stdin) : readJobFile(file);
  if (job.trim() === '') throw new CoworkError('JOB_EMPTY', 'There is no job.');
  return job.trim();
}

function readJobFile(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new CoworkError('JOB_EMPTY', `The job file ${file} can't be read.`, { cause: error });
  }
}

function readTeammates(args: CommandArguments): { name: string; title: string }[] {
  const named = strings(args.teammate).map((given) => {
    const [name = '', ...role] = given.split(':');
    assertNewName(name, 'teammate');
    return { name, title: role.join(':') || 'teammate' };
  });
  const twice = named.find(({ name }, i) => named.findIndex((other) => other.name === name) !== i);
  if (twice !== undefined) throw new CoworkError('AGENT_TAKEN', `Two teammates are called "${twice.name}".`);
  if (args.teammates === undefined) return named.length > 0 ? named : take(TEAMMATES);
  if (named.length > 0) throw new CoworkError('USAGE', 'Give --teammates or --teammate, not both.');
  const wanted = args.teammates;
  if (typeof wanted !== 'number' || !Number.isInteger(wanted) || wanted < 0 || wanted > TEAMMATES_MAX) {
    throw new CoworkError('USAGE', `--teammates takes a number from 0 to ${TEAMMATES_MAX}.`);
  }
  return take(wanted);
}

function take(number: number): { name: string; title: string }[] {
  return Array.from({ length: number }, (_, i) => ({ name: NAMES[i] ?? `mate-${i + 1}`, title: 'teammate' }));
}

/** Modes that are more than a word need the file server, and so a machine. */
function assertGuarded(grants: readonly TeamGrant[], sandbox: Sandbox): void {
  const guarded = grants.find(({ mode }) => mode === 'keep' || mode === 'review');
  if (sandbox === 'none' && guarded !== undefined) {
    throw new CoworkError('GRANT_INVALID', `The mode "${guarded.mode}" needs a virtual machine.`, {
      hint: 'Leave out --sandbox none; without a machine nothing guards a folder.',
    });
  }
}

/** What each push is checked by; it means something for repositories only. */
function readCheck(args: CommandArguments): { check?: string; checkMinutes?: number } {
  const command = textOf(args.check)?.trim();
  const minutes = args.checkMinutes;
  if (minutes !== undefined && !(Number(minutes) > 0 && Number(minutes) <= CHECK_MINUTES_MAX)) {
    throw new CoworkError('USAGE', `--check-minutes is a number above 0, at most ${CHECK_MINUTES_MAX}.`);
  }
  if (command === undefined) {
    if (minutes === undefined) return {};
    throw new CoworkError('USAGE', '--check-minutes says how long the command of --check may take.');
  }
  const hasClone = strings(args.grant).some((given) => given.endsWith(':clone'));
  if (command === '' || !hasClone) {
    throw new CoworkError('USAGE', '--check needs a command, and a repository: --grant PATH:clone.');
  }
  return { check: command, ...(minutes === undefined ? {} : { checkMinutes: Number(minutes) }) };
}

/** A day. */
const CHECK_MINUTES_MAX = 1_440;

/** Limits as `NAME=NUMBER`. */
function readMachineLimits(given: readonly string[]): Partial<Limits> {
  const limits = given.map((each): [string, number] => {
    const [name = '', value = ''] = each.split('=');
    const obstacle = limitObstacle(name, /^\d+$/.test(value) ? Number(value) : Number.NaN);
    if (obstacle === undefined) return [name, Number(value)];
    const all = Object.entries(LIMITS).map(([known, { default: usual }]) => `${known}=${usual}`);
    throw new CoworkError('USAGE', obstacle, { hint: `The limits and their defaults: ${all.join(', ')}.` });
  });
  const { disk = 0, memory = LIMITS.memory.default }: Partial<Limits> = Object.fromEntries(limits);
  if (disk > memory) {
    throw new CoworkError('USAGE', `A disk of ${disk} MiB does not fit into ${memory} MiB of memory.`, {
      hint: 'The scratch disk is a part of the memory: set --limit memory=… higher.',
    });
  }
  return Object.fromEntries(limits);
}

function readRehearsal(given: string | undefined): string | null {
  if (given === undefined) return null;
  const path = resolve(given);
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) {
    throw new CoworkError('REHEARSAL_INVALID', `There is no rehearsal script ${path}.`);
  }
  return path;
}

/** The most that any model of today says in one reply, in tokens. */
const OUTPUT_MAX = 128_000;

function readReplies({ effort, thinking, maxOutput }: CommandArguments): ReplySettings {
  const isFine = typeof maxOutput === 'number' && Number.isInteger(maxOutput) && maxOutput >= 256;
  if (maxOutput !== undefined && !(isFine && maxOutput <= OUTPUT_MAX)) {
    throw new CoworkError('USAGE', `--max-output takes a whole number from 256 to ${OUTPUT_MAX}.`);
  }
  return {
    // The parser has checked the words.
    ...(effort === undefined ? {} : { effort: effort as NonNullable<ReplySettings['effort']> }),
    ...(thinking === undefined ? {} : { thinking: thinking as NonNullable<ReplySettings['thinking']> }),
    ...(isFine ? { maxOutput } : {}),
  };
}

/** A recording is a file of its own: nothing is written over, and nothing is added to what another team has said. */
function readRecord(given: string | undefined): string | null {
  if (given === undefined) return null;
  const path = resolve(given);
  const hint = 'Name a file that is not there yet, in a folder that is.';
  if (statSync(path, { throwIfNoEntry: false }) !== undefined) {
    throw new CoworkError('USAGE', `${path} is there already.`, { hint });
  }
  if (!statSync(dirname(path), { throwIfNoEntry: false })?.isDirectory()) {
    throw new CoworkError('USAGE', `There is no folder ${dirname(path)}.`, { hint });
  }
  return path;
}

function readModel(where: string, given: unknown): string | undefined {
  const model = textOf(given);
  if (model === undefined || /^\S{1,200}$/.test(model)) return model;
  throw new CoworkError('USAGE', `${JSON.stringify(model)} is no name of a model.`, {
    hint: `${where} is one word, as claude-sonnet-5-5.`,
  });
}

function readSandbox(given: string): Sandbox {
  const sandbox = SANDBOXES.find((each) => each === given);
  if (sandbox !== undefined) return sandbox;
  throw new CoworkError('USAGE', `${JSON.stringify(given)} is no sandbox.`, {
    hint: 'COWORK_SANDBOX is vm or none.',
  });
}

/** Without a machine there is no image; asking for one there is a mistake that nobody would see otherwise. */
function readImage(given: string | undefined, sandbox: Sandbox): { image?: ImageName } {
  const image = IMAGE_NAMES.find((each) => each === given);
  if (image === undefined) return {};
  if (sandbox === 'vm') return { image };
  throw new CoworkError('USAGE', '--image is for virtual machines: it means nothing with --sandbox none.');
}

/** A free name for a team or a schedule, made of the job's first words. */
export function inventName(job: string, taken: readonly string[]): string {
  const words = job.toLowerCase().match(/[a-z0-9]+/g) ?? [];
  const base = words.slice(0, 3).join('-').slice(0, 40).replace(/-+$/, '');
  const usable = isName(base) && !(RESERVED_NAMES as readonly string[]).includes(base) ? base : 'job';
  let name = usable;
  for (let i = 2; taken.includes(name); i++) name = `${usable}-${i}`;
  return name;
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
const strings = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);

/** Without a password: the record of a team is read by whoever may read its folder. */
function readStore(given: string | undefined): string | null {
  if (given === undefined) return null;
  const hint = 'Give --store nats://HOST:PORT or tls://HOST:PORT; a token goes into COWORK_STORE_TOKEN.';
  const url = URL.parse(given);
  if (url === null || !['nats:', 'tls:'].includes(url.protocol) || url.hostname === '') {
    throw new CoworkError('USAGE', `${JSON.stringify(given)} is no address of a store.`, { hint });
  }
  if (url.username !== '' || url.password !== '') {
    throw new CoworkError('USAGE', 'The address of a store may hold no name, password or token.', { hint });
  }
  return given;
}
