import type { Options } from 'yargs';
import { IMAGE_NAMES } from '../../protocol/images.ts';
import { EFFORTS, THINKING } from '../../protocol/team.ts';
import { json, limits } from './shared.ts';

/** The flags of `launch`, which `schedule add` takes too. */
export const LAUNCH_OPTIONS: Record<string, Options> = {
  'job-file': { type: 'string', requiresArg: true, describe: 'Read the job from a file (- for stdin)' },
  team: { type: 'string', alias: 't', requiresArg: true, describe: 'Name of the new team' },
  teammates: { type: 'number', requiresArg: true, describe: 'How many teammates (default 3)' },
  teammate: {
    type: 'string',
    array: true,
    requiresArg: true,
    nargs: 1,
    describe: 'A teammate, NAME[:ROLE]; repeatable',
  },
  grant: {
    type: 'string',
    array: true,
    requiresArg: true,
    nargs: 1,
    describe: 'A folder the team may use, PATH[:ro|rw|keep|review|clone]; repeatable',
  },
  check: {
    type: 'string',
    requiresArg: true,
    describe: 'Command that each push to a repository (PATH:clone) must pass, in a fresh machine',
  },
  'check-minutes': {
    type: 'number',
    requiresArg: true,
    describe: 'How long that command may take (default 30)',
  },
  'allow-host': {
    type: 'string',
    array: true,
    requiresArg: true,
    nargs: 1,
    describe: 'A host that programs may reach, HOST[:PORT] or *.SUFFIX[:PORT]; repeatable',
  },
  model: {
    type: 'string',
    requiresArg: true,
    describe: 'Model of the teammates (default: COWORK_MODEL, else claude-sonnet-5-5)',
  },
  'lead-model': {
    type: 'string',
    requiresArg: true,
    describe: 'Model of the lead (default: --model or COWORK_MODEL, else claude-opus-5-5)',
  },
  plugin: {
    type: 'string',
    array: true,
    requiresArg: true,
    nargs: 1,
    describe: 'A plugin that the team has beside your own, NAME[@MARKETPLACE] or a source; repeatable',
  },
  'require-plan': {
    type: 'boolean',
    describe: 'No teammate changes anything before the lead has approved its plan',
  },
  delegate: {
    type: 'boolean',
    describe: 'The lead plans and checks only: it has no shell and can change no file',
  },
  effort: {
    choices: EFFORTS,
    requiresArg: true,
    describe: 'How much effort models put into replies (default: their own)',
  },
  thinking: {
    choices: THINKING,
    requiresArg: true,
    describe: 'Whether models think before they speak (default: as they do by themselves)',
  },
  'max-output': {
    type: 'number',
    requiresArg: true,
    describe: 'Most tokens of one reply (default 32000)',
  },
  ...limits,
  require: {
    choices: ['evidence', 'review'] as const,
    array: true,
    requiresArg: true,
    nargs: 1,
    describe: 'What each task asks for before it is completed; repeatable',
  },
  store: {
    type: 'string',
    requiresArg: true,
    describe: 'Server that keeps mail and tasks, nats://HOST:PORT (default: files)',
  },
  join: {
    type: 'boolean',
    describe: 'Add teammates on this host to the team on --store that another host has launched',
  },
  limit: {
    type: 'string',
    array: true,
    requiresArg: true,
    nargs: 1,
    describe:
      'What each agent may use: NAME=NUMBER of memory, disk, processes, nice, silence, idle; repeatable',
  },
  image: {
    choices: IMAGE_NAMES,
    requiresArg: true,
    describe:
      'What is in the machines: plain, or office with LibreOffice and Python for documents (default: plain)',
  },
  sandbox: {
    choices: ['vm', 'none'] as const,
    requiresArg: true,
    describe: 'Where agents run (default: COWORK_SANDBOX, else vm)',
  },
  rehearsal: {
    type: 'string',
    requiresArg: true,
    describe: 'Let a script or a recording play the models; needs no key',
  },
  record: {
    type: 'string',
    requiresArg: true,
    describe: 'Record what the models are asked and say to a new file, without secrets',
  },
  detach: { type: 'boolean', alias: 'd', describe: "Do not attach to the lead's terminal" },
  json,
};
