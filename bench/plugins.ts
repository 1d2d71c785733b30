// Many plugins: loading them on the host, and what they add to the start of an agent; one JSON object a line: `node bench/plugins.ts`.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { listPlugins } from '../src/extensions/install/installed.ts';
import { addPlugin } from '../src/extensions/install/plugins.ts';
import { chooseExtensions } from '../src/extensions/use/choose.ts';
import { writeTeamExtensions } from '../src/extensions/use/team-extensions.ts';
import { openExtensions } from '../src/keeper/extensions.ts';
import type { TeamRecord } from '../src/team/team.ts';

const PLUGINS = 100;
const SKILLS = 10;
const root = mkdtempSync(join(tmpdir(), 'cowork-bench-'));
const home = join(root, 'home');
const write = (path: string, text: string): void => {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
};
try {
  const body = 'Read the file, then say what is in it.\n'.repeat(100);
  for (let p = 0; p < PLUGINS; p++) {
    const folder = join(root, 'source', `plugin-${p}`);
    write(
      join(folder, '.claude-plugin/plugin.json'),
      JSON.stringify({ name: `plugin-${p}`, version: '1.0.0' }),
    );
    for (let s = 0; s < SKILLS; s++) {
      // Every third front matter is one that YAML refuses, as in real files.
      const description =
        s % 3 === 0 ? `Use this: for case ${s}` : `Use this for case ${s}, when it comes up`;
      write(
        join(folder, `skills/skill-${s}/SKILL.md`),
        `---\nname: skill-${s}\ndescription: ${description}\nallowed-tools:\n  - Read\n  - Bash(git:*)\n---\n${body}`,
      );
    }
    const options = { home, cwd: root, env: process.env, scope: 'user', where: null } as const;
    await addPlugin(folder, { ...options, agree: async () => false });
  }
  const times = Array.from({ length: 5 }, () => {
    const began = performance.now();
    const skills = listPlugins(home).reduce((sum, { plugin }) => sum + plugin.components.skills.length, 0);
    if (skills !== PLUGINS * SKILLS) throw new Error(`${skills} skills were loaded`);
    return performance.now() - began;
  });
  const print = (figure: string, value: number, unit = 'ms'): void =>
    console.log(JSON.stringify({ bench: 'plugins', figure, value: Math.round(value * 10) / 10, unit }));
  const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1] ?? 0;
  print(`${PLUGINS} plugins with ${PLUGINS * SKILLS} skills, first load in a process`, times[0] ?? 0);
  print(`${PLUGINS} plugins with ${PLUGINS * SKILLS} skills, median of 5`, median(times));
  const dir = join(home, 'teams', 'mine');
  mkdirSync(dir, { recursive: true });
  const of = { home, env: { HOME: root }, cwd: root, team: 'mine', named: [] };
  const began = performance.now();
  await writeTeamExtensions(dir, chooseExtensions(of).extensions);
  print('what a launch with them takes longer', performance.now() - began);
  // All that a keeper uses of a team here.
  const team = { sandbox: 'vm', grants: [] } as unknown as TeamRecord;
  let list = '';
  const starts: number[] = [];
  for (let i = 0; i < 5; i++) {
    const start = performance.now();
    const extensions = await openExtensions({ home, dir, team, agent: { name: 'ada', model: 'm' } });
    list = extensions.offer(1_000_000).skills;
    extensions.agents(1_000_000);
    starts.push(performance.now() - start);
  }
  print('what they add to the start of an agent, on the host, median of 5', median(starts));
  print(
    'the list of skills, of the bytes that a hundredth of 1,000,000 tokens takes',
    Buffer.byteLength(list) / 300,
    '%',
  );
} finally {
  rmSync(root, { recursive: true, force: true });
}
