// Loading of many plugins on the host, one JSON object a line: `node bench/plugins.ts`.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { addPlugin, listPlugins } from '../src/extensions/install/plugins.ts';

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
  const print = (figure: string, value: number): void =>
    console.log(JSON.stringify({ bench: 'plugins', figure, value: Math.round(value), unit: 'ms' }));
  print(`${PLUGINS} plugins with ${PLUGINS * SKILLS} skills, first load in a process`, times[0] ?? 0);
  print(
    `${PLUGINS} plugins with ${PLUGINS * SKILLS} skills, median of 5`,
    times.sort((a, b) => a - b)[2] ?? 0,
  );
} finally {
  rmSync(root, { recursive: true, force: true });
}
