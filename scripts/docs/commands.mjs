import { COMMANDS } from '../../src/cli/table.ts';
import { COMMAND_NOTES } from './command-notes.mjs';
import { table } from './table.mjs';

/** The page of all commands and flags. */
export function commandsPage() {
  return `# Commands

Made by \`npm run docs\` from \`src/cli/table.ts\`. In a clone, after the set-up, a command is \`npx cowork COMMAND\`.

Without \`--team\` a command means the only running team, else the latest one. stdout is data, stderr is talk. With \`--json\` stdout is JSON and an error is one
JSON object on stderr. What agents wrote is printed with its control characters shown, not executed. Exit codes: 0 done · 1 failed · 2 wrong use · 3 no such
thing · 4 refused · 5 timed out; the codes are in [errors](errors.md).

${COMMANDS.map(section).join('\n')}
## Environment
${table(['name', 'means', 'default'], ENVIRONMENT)}
`;
}

const ENVIRONMENT = [
  ['`COWORK_HOME`', 'where everything is kept, see [home](home.md)', '`~/.cowork`'],
  ['`COWORK_IMAGES`', 'where guest images are, so that several homes share one', '`images` in the home'],
  ['`COWORK_WARM_START`', '`off` boots every machine cold instead of restoring it from a template', 'warm'],
  [
    '`COWORK_STANDBY`',
    '`off` keeps no machine ready for the next agent; [standing by](vm.md#standing-by)',
    'one a team',
  ],
  ['`COWORK_MODEL`', 'model of all agents; `--model` and `--lead-model` go before it', ''],
  [
    '`COWORK_CONTEXT_TOKENS`',
    'tokens that the models take in; [models](models.md)',
    'by the name of the model',
  ],
  ['`COWORK_STORE_TOKEN`', 'token for the server that `--store` names; [many hosts](scale.md)', ''],
  ['`COWORK_SANDBOX`', '`vm` or `none`; `--sandbox` goes before it', '`vm`'],
  ['`COWORK_ACCELERATOR`', '`kvm`, `hvf` or `tcg`, without trying', 'found by trying'],
  [
    '`COWORK_LOG_LEVEL`',
    'level of the logs of keepers and supervisor; `debug` also prints where an unexpected error came from',
    '`info`',
  ],
  ['`ANTHROPIC_API_KEY`', 'read on the host, by `launch` and the keepers; never written, never in a VM', ''],
  ['`ANTHROPIC_BASE_URL`', 'any server with the Messages API, see [models](models.md)', "Anthropic's"],
  ['`NO_COLOR`', 'no colours on the terminal of an agent that runs without a sandbox', ''],
];

function section({ name, describe, positionals = [], options = {} }) {
  const words = positionals.map((word) =>
    word.optional ? `[${word.name.toUpperCase()}]` : word.name.toUpperCase(),
  );
  const rows = [
    ...positionals.map((word) => [`\`${word.name.toUpperCase()}\``, word.describe, '']),
    ...Object.entries(options).map(([flag, option]) => [
      flagName(flag, option),
      option.describe,
      defaultOf(option),
    ]),
  ];
  const note = COMMAND_NOTES[name];
  return `## \`cowork ${[name, ...words].join(' ')}\`
${describe}.
${note === undefined ? '' : `\n${note.trim()}\n`}
${table(['', 'means', 'default'], rows)}`;
}

function flagName(flag, { alias, type, choices }) {
  const takes = choices ? ` ${choices.join('|')}` : type === 'boolean' ? '' : type === 'number' ? ' N' : ' …';
  return `\`--${flag}${takes}\`${alias ? `, \`-${alias}\`` : ''}`;
}

const defaultOf = (option) =>
  option.default === undefined || option.default === '' ? '' : `\`${option.default}\``;
