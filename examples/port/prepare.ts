/** Lays out the job: `prepare.ts FOLDER` makes a git repository with the library, its public tests and the beginning of the port. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Makes the repository. The folder must not be there yet. */
export function prepare(folder: string): void {
  const library = dirname(createRequire(import.meta.url).resolve('path-browserify/package.json'));
  const given = join(import.meta.dirname, 'given');
  const commonJs = '{ "type": "commonjs" }\n';
  for (const name of ['test', 'reference', join('node_modules', 'tape'), 'src'])
    mkdirSync(join(folder, name), { recursive: true });
  for (const name of readdirSync(join(library, 'test')))
    cpSync(join(library, 'test', name), join(folder, 'test', name));
  cpSync(join(library, 'index.js'), join(folder, 'reference', 'index.js'));
  cpSync(join(library, 'LICENSE'), join(folder, 'LICENSE'));
  for (const name of ['index.ts', 'check.mjs']) cpSync(join(given, name), join(folder, name));
  cpSync(join(given, 'tape.cjs'), join(folder, 'node_modules', 'tape', 'index.js'));
  for (const name of ['test', 'reference', join('node_modules', 'tape')])
    writeFileSync(join(folder, name, 'package.json'), commonJs);
  const manifest = { name: 'path-port', private: true, type: 'module', main: 'index.ts', license: 'MIT' };
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  writeFileSync(join(folder, 'src', '.gitkeep'), '');
  const git = (...args: string[]) => execFileSync('git', ['-C', folder, ...args], { stdio: 'pipe' });
  git('init', '--quiet', '--initial-branch=main');
  git('add', '--all');
  const who = ['-c', 'user.name=You', '-c', 'user.email=you@example.org', '-c', 'commit.gpgSign=false'];
  git(...who, 'commit', '--quiet', '--message=The library, its tests, and where the port begins');
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [folder] = process.argv.slice(2);
  if (folder === undefined) throw new Error('Usage: prepare.ts FOLDER');
  prepare(folder);
}
