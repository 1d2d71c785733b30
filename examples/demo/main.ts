import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { openMailbox } from '../../src/mailbox/mailbox.ts';
import { coworkHome, teamFile, teamFolder } from '../../src/team/paths.ts';
import { listTeams } from '../../src/team/team.ts';
import { cowork } from './cowork.ts';
import { DEMOS, type Demo } from './demos.ts';
import { follow } from './follow.ts';

/** How long the whole job may take, in milliseconds; slow machines without acceleration included. */
const LIMIT_MS = 900_000;

/**
 * Runs a whole team on a real job, with a script in place of the models: lays the input out, launches the team, tells what
 * happens as it happens, lets the job's own checker judge the result, and says how to look at it.
 */
async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { json: { type: 'boolean', default: false }, job: { type: 'string', default: 'mailbox' } },
  });
  const demo = DEMOS[values.job];
  if (demo === undefined) {
    process.stderr.write(
      `There is no demo "${values.job}".\nThe demos are ${Object.keys(DEMOS).join(' and ')}.\nRun: npm run demo -- --job mailbox\n`,
    );
    return 2;
  }
  const say = (line: string) => (values.json ? process.stderr : process.stdout).write(`${line}\n`);
  return play(values.job, demo, say, values.json);
}

async function play(name: string, demo: Demo, say: (line: string) => void, asJson: boolean): Promise<number> {
  const home = coworkHome();
  const team = freeName(home, `demo-${name}`);
  const folder = join(home, 'demo', team, demo.folder);
  await mkdir(folder, { recursive: true });
  const input = await demo.prepare(folder);
  await writeFile(join(home, 'demo', team, 'manifest.json'), JSON.stringify(input.manifest));
  say(`${input.says} in ${folder}`);
  say(
    'A script plays the models (a rehearsal); everything else is real: four agents, each in a virtual machine of its own.',
  );
  say('');
  const started = performance.now();
  const stop = () => void cowork(['stop', '--team', team]);
  process.once('SIGINT', stop);
  // Launching ends when all agents are ready; what they do until then is told meanwhile.
  const launched = cowork([
    ...['launch', '--json', '--team', team, '--job-file', demo.job, '--rehearsal', demo.rehearsal],
    ...['--grant', folder, '--teammate', 'ada', '--teammate', 'ben', '--teammate', 'cleo'],
  ]);
  const dir = teamFolder(home, team);
  await Promise.race([launched, appears(dir)]);
  const [seen] = await Promise.all([follow(dir, started, LIMIT_MS, say), launched]);
  process.off('SIGINT', stop);
  const elapsedMs = Math.round(performance.now() - started);
  const check = await demo.check(folder, input.manifest);
  const mail = await openMailbox(dir).log();
  const { status } = seen;
  const ok = status.state === 'done' && check.ok && seen.left.length === 0;
  const summary = {
    ok,
    team,
    rehearsal: true,
    folder,
    state: status.state,
    elapsedMs,
    accelerator: status.agents[0]?.accelerator ?? null,
    vms: seen.vms,
    bootMs: Object.fromEntries(status.agents.map((agent) => [agent.name, agent.bootMs])),
    agents: status.agents.map((agent) => agent.name),
    tasks: status.tasks,
    messages: mail.length,
    check,
    left: seen.left,
  };
  tell(summary, status.summary, say);
  if (asJson) process.stdout.write(`${JSON.stringify(summary)}\n`);
  return ok ? 0 : 1;
}

function tell(
  summary: {
    ok: boolean;
    team: string;
    folder: string;
    elapsedMs: number;
    vms: number;
    messages: number;
    check: unknown;
  },
  words: string | null,
  say: (line: string) => void,
): void {
  const { ok, team, folder, elapsedMs, vms, messages, check } = summary;
  say('');
  if (words !== null) say(words);
  say(
    `${ok ? 'Done' : 'NOT done'} in ${Math.round(elapsedMs / 1000)} s by ${vms} virtual machines with ${messages} messages.`,
  );
  say(`The checker, which shares no code with the job, says: ${JSON.stringify(check)}`);
  say('');
  say('Look at it:');
  say(`  the result     ${folder}`);
  say(`  the tasks      npx cowork tasks -t ${team}`);
  say(`  the mailbox    npx cowork mail -t ${team}`);
  say(`  a terminal     npx cowork replay ada -t ${team} --speed 5`);
  say(`  remove it      npx cowork remove -t ${team}`);
}

/** Resolves when a team is there. */
async function appears(dir: string): Promise<void> {
  while (!existsSync(teamFile(dir))) await delay(50);
}

/** The first of `base`, `base-2` … that is no team yet. */
function freeName(home: string, base: string): string {
  const taken = new Set(listTeams(home));
  let name = base;
  for (let i = 2; taken.has(name); i++) name = `${base}-${i}`;
  return name;
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  },
);
