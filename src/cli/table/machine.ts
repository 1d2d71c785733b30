import { IMAGE_NAMES } from '../../protocol/images.ts';
import { type Command, json, team } from './shared.ts';

/** What is installed, for all teams, and whether it works. */
export const MACHINE_COMMANDS: Command[] = [
  {
    name: 'plugin',
    describe: 'Install, show and check plugins, and the marketplaces that list them',
    positionals: [
      {
        name: 'action',
        describe: 'add, list, show, config, remove, update, validate or marketplace',
        optional: true,
      },
      { name: 'what', describe: 'A name, NAME@MARKETPLACE, owner/repo, address or path', optional: true },
      {
        name: 'which',
        describe: 'marketplace add, remove, update: the source or the name; config: KEY or KEY=VALUE',
        optional: true,
      },
      { name: 'value', describe: 'config: the value; without it, it is asked for', optional: true },
    ],
    options: {
      scope: {
        choices: ['user', 'project', 'team'] as const,
        requiresArg: true,
        describe: 'For whom (default: user)',
      },
      team: { type: 'string', alias: 't', requiresArg: true, describe: 'Which team, for --scope team' },
      yes: { type: 'boolean', alias: 'y', describe: 'add, update: agree to what the plugin would run' },
      config: {
        type: 'string',
        array: true,
        requiresArg: true,
        nargs: 1,
        describe: 'add: a value that the plugin asks for, KEY=VALUE; repeatable',
      },
      'run-source': {
        type: 'boolean',
        describe: 'add, update: run a program that a marketplace names as the source, on this host',
      },
      json,
    },
    load: () => import('../commands/plugin.ts'),
  },
  {
    name: 'hooks',
    describe: 'Show the hooks of plugins that a team has: which are armed, and how each ended the last time',
    options: { team, json },
    load: () => import('../commands/hooks.ts'),
  },
  {
    name: 'connector',
    describe: 'MCP servers of your own and of the project: programs in the machines of agents, and services',
    positionals: [
      { name: 'action', describe: 'list, add, allow, remove, login or logout', optional: true },
      { name: 'name', describe: 'Name of the connector', optional: true },
      {
        name: 'what',
        describe: 'add: the address of the server, or behind -- the command that runs it',
        optional: true,
        isList: true,
      },
    ],
    options: {
      env: {
        type: 'string',
        array: true,
        requiresArg: true,
        nargs: 1,
        describe: 'add: a variable of the program, NAME=VALUE; repeatable',
      },
      header: {
        type: 'string',
        array: true,
        requiresArg: true,
        nargs: 1,
        describe: 'add: a header for the server, "Name: value"; kept encrypted; repeatable',
      },
      'headers-helper': {
        type: 'string',
        requiresArg: true,
        describe: 'add: a command that this host runs for each connection; it prints headers as JSON',
      },
      sse: { type: 'boolean', describe: 'add: the server speaks the old protocol over SSE only' },
      'client-id': {
        type: 'string',
        requiresArg: true,
        describe: 'add: who cowork is to a service that registers nobody by itself',
      },
      'client-secret': {
        type: 'string',
        requiresArg: true,
        describe: 'add: the secret that goes with --client-id; kept encrypted',
      },
      device: { type: 'boolean', describe: 'login: with a code that you type on another device' },
      'no-browser': { type: 'boolean', describe: 'login: open no browser here; show the address' },
      team: { type: 'string', alias: 't', requiresArg: true, describe: 'list: how they fare in this team' },
      json,
    },
    load: () => import('../commands/connector.ts'),
  },
  {
    name: 'mcp',
    describe:
      'Serve cowork to an MCP client over stdin and stdout: launch teams, follow them, write to agents',
    options: { 'read-only': { type: 'boolean', describe: 'Offer only what looks and changes nothing' } },
    load: () => import('../commands/mcp.ts'),
  },
  {
    name: 'image',
    describe: 'Build, list or prune guest images and templates of booted machines',
    positionals: [{ name: 'action', describe: 'build, list or prune', optional: true }],
    options: {
      image: { choices: IMAGE_NAMES, requiresArg: true, describe: 'build: which (default: plain)' },
      force: { type: 'boolean', describe: 'build: also when it is there' },
      json,
    },
    load: () => import('../commands/image.ts'),
  },
  {
    name: 'service',
    describe: 'Bring back teams and schedules when you log in, by systemd',
    positionals: [{ name: 'action', describe: 'install, uninstall, or start: what it does at a login' }],
    options: { json },
    load: () => import('../commands/service.ts'),
  },
  {
    name: 'doctor',
    describe: 'Check what works on this machine, and say what to do',
    options: {
      bundle: {
        type: 'string',
        requiresArg: true,
        describe: 'Also write a report without secrets to this new file, for whoever helps you',
      },
      json,
    },
    load: () => import('../commands/doctor.ts'),
  },
  {
    name: 'project',
    describe: 'Show what the project of this folder brings and is allowed; agree to it, or take all back',
    positionals: [
      { name: 'action', describe: 'show (default), allow or forget', optional: true },
      { name: 'checksum', describe: 'allow: only if it is still this', optional: true },
    ],
    options: { json },
    load: () => import('../commands/project.ts'),
  },
];
