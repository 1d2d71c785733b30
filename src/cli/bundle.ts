import { existsSync, readFileSync } from 'node:fs';
import { arch, platform, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { CoworkError, ERRORS } from '../protocol/errors.ts';
import { LOG_EVENTS } from '../protocol/log-events.ts';
import { errorCode } from '../store/folders.ts';
import { packageRoot } from '../store/package-root.ts';
import { readAgentRecord } from '../team/agent-record.ts';
import { openAlerts } from '../team/alerts.ts';
import { keeperLog, settingsFile, supervisorLog, teamFolder } from '../team/paths.ts';
import { listTeams, readTeam } from '../team/team.ts';
import { listTeamFiles, sumSizes } from '../team/team-sizes.ts';
import type { Check } from '../vm/checks.ts';

/** Teams that a report has, the newest; and the last lines of each log. */
const TEAMS = 5;
const LINES = 300;
/** Of the end of a log. */
const LOG_BYTES = 256 * 1024;

/**
 * A report for whoever is asked for help. It is made of what is known to be harmless, not by leaving out what looks secret: of texts only words that cowork has itself (states,
 * events, codes), of settings only which there are, of logs only fields that are numbers or such words. Names of teams, agents, files and hosts become numbers or are left out.
 */
export function makeBundle(of: { home: string; env: NodeJS.ProcessEnv; checks: readonly Check[] }): object {
  const { home, env, checks } = of;
  return {
    v: 1,
    made: new Date().toISOString(),
    cowork: versionOf(),
    node: process.version,
    system: {
      platform: platform(),
      release: release(),
      arch: arch(),
      memoryMiB: Math.round(totalmem() / 2 ** 20),
    },
    // Details name folders, hosts and users.
    checks: checks.map(({ name, ok }) => ({ name, ok })),
    environment: Object.keys(env).filter(
      (name) => /^(COWORK|ANTHROPIC)_[A-Z_]{1,40}$/.test(name) && KNOWN.has(name),
    ),
    settings: settingsOf(home),
    teams: listTeams(home)
      .slice(-TEAMS)
      .map((name, i) => teamOf(teamFolder(home, name), i + 1)),
  };
}

const KNOWN: ReadonlySet<string> = new Set([
  'ANTHROPIC_API_KEY',
  'ANTHROPIC_BASE_URL',
  'COWORK_HOME',
  'COWORK_IMAGES',
  'COWORK_MODEL',
  'COWORK_SANDBOX',
  'COWORK_STANDBY',
  'COWORK_WARM_START',
  'COWORK_ACCELERATOR',
  'COWORK_LOG_LEVEL',
]);

function versionOf(): string {
  const { version } = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as {
    version: string;
  };
  return version;
}

/** Which settings there are, by name. */
function settingsOf(home: string): string[] {
  try {
    const settings: unknown = JSON.parse(readFileSync(settingsFile(home), 'utf8'));
    return Object.keys(settings as object).filter((key) =>
      ['approvals', 'telemetry', 'retention'].includes(key),
    );
  } catch (error) {
    return errorCode(error) === 'ENOENT' ? [] : ['not readable'];
  }
}

function teamOf(dir: string, number: number): object {
  try {
    const { phase, sandbox, agents, revision, rehearsal } = readTeam(dir);
    return {
      ...{ team: number, phase, sandbox, revision, isRehearsal: rehearsal !== null },
      sizes: sumSizes(listTeamFiles(dir)),
      alerts: openAlerts(dir).length,
      supervisor: linesOf(supervisorLog(dir)),
      agents: agents.map(({ name, role, wanted }, i) => {
        const { state, incarnation, accelerator, turns, tokens, bootMs } = readAgentRecord(dir, name);
        return {
          ...{ agent: i + 1, role, wanted, state, incarnation, accelerator, turns, tokens, bootMs },
          log: linesOf(keeperLog(dir, name)),
        };
      }),
    };
  } catch (error) {
    return { team: number, error: error instanceof CoworkError ? error.code : 'INTERNAL' };
  }
}

/** The last lines of a log that are events, each with what is harmless of it. */
function linesOf(file: string): object[] {
  return tail(file)
    .split('\n')
    .flatMap((line) => {
      try {
        const entry: unknown = JSON.parse(line);
        return isEntry(entry) ? [harmless(entry)] : [];
      } catch {
        return []; // plain text of a process that died, or a line that was cut
      }
    })
    .slice(-LINES);
}

const isEntry = (entry: unknown): entry is Record<string, unknown> =>
  typeof entry === 'object' &&
  entry !== null &&
  'event' in entry &&
  Object.hasOwn(LOG_EVENTS, String(entry.event));

/** Fields whose numbers say something and name nobody. */
const NUMBERS = ['level', 'time', 'incarnation', 'status', 'ms', 'afterMs', 'bootMs', 'pid'];

function harmless(entry: Record<string, unknown>): object {
  const numbers = NUMBERS.flatMap((name) => (typeof entry[name] === 'number' ? [[name, entry[name]]] : []));
  const { event, code, how, stack } = entry;
  return {
    event,
    ...Object.fromEntries(numbers),
    ...(Object.hasOwn(ERRORS, String(code)) ? { code } : {}),
    ...(['stopped', 'died', 'failed'].includes(String(how)) ? { how } : {}),
    ...(typeof stack === 'string' ? { stack: placesOf(stack) } : {}),
  };
}

/** Where in our own programs an error came from; its words are left out, and what only looks like a place. */
const placesOf = (stack: string): string[] =>
  [...stack.matchAll(/^\s+at .*?([\w.-]{1,80}\.mjs):(\d{1,7}):(\d{1,7})\)?$/gm)]
    .filter(([, file = '']) =>
      ['.', 'chunks'].some((folder) => existsSync(join(packageRoot(), 'dist', folder, file))),
    )
    .map(([, file, line, column]) => `${file}:${line}:${column}`);

function tail(file: string): string {
  try {
    return readFileSync(file).subarray(-LOG_BYTES).toString('utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return '';
    throw error;
  }
}
