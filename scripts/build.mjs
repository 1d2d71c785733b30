// Bundles the programs into dist/: cli, supervisor, scheduler and keeper for the host; agent, with its code cache, for the guest; the
// page of the dashboard for browsers.
// Run by the set-up under Node 24; takes about two seconds. Teams that run meanwhile go on: files are replaced whole, and
// parts that they may still load stay for a day; a package (`--pack`) has none but its own.
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(root, 'dist');
for (const folder of ['chunks', 'web']) await mkdir(join(dist, folder), { recursive: true });
const outdir = await mkdtemp(join(root, 'dist', '.new-'));
process.on('exit', () => rmSync(outdir, { recursive: true, force: true })); // also after a failed build

const common = {
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  logLevel: 'warning',
  // CommonJS packages inside a module bundle look for `require`.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
};

await Promise.all([
  buildForHost({ cli: 'cli/main.ts', scheduler: 'supervisor/schedule/main.ts' }),
  // By themselves: among parts that are cut to be shared with all commands they would load a hundred files, and an agent's start waits for that.
  buildForHost({ supervisor: 'supervisor/entry.ts' }),
  buildForHost({ keeper: 'keeper/entry.ts' }),
  build({
    ...common,
    entryPoints: [join(root, 'src/agent/main.ts')],
    outfile: join(outdir, 'agent.cjs'),
    format: 'cjs',
    banner: {},
    minify: true,
  }),
  build({
    entryPoints: {
      app: join(root, 'src/web/client/main.tsx'),
      pane: join(root, 'src/web/client/pane/frame.ts'),
      sw: join(root, 'src/web/client/shell-worker.ts'),
    },
    outdir: join(outdir, 'web'),
    bundle: true,
    format: 'esm',
    target: 'es2022',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    minify: true,
    sourcemap: false,
    logLevel: 'warning',
    legalComments: 'none',
  }),
]);
await writePaneDocument();
for (const name of ['index.html', 'icon.svg', 'manifest.json'])
  await copyFile(join(root, 'src/web/client', name), join(outdir, 'web', name));
await compressPage();
await copyFile(join(root, 'src/agent/loader.mjs'), join(outdir, 'agent.mjs'));
execFileSync(process.execPath, [join(outdir, 'agent.mjs'), '--make-cache']);

const current = new Set(await readdir(join(outdir, 'chunks')));
// Parts first, then the programs that load them.
for (const folder of ['chunks', 'web', '.']) {
  for (const entry of await readdir(join(outdir, folder), { withFileTypes: true })) {
    if (entry.isFile()) await rename(join(outdir, folder, entry.name), join(dist, folder, entry.name));
  }
}
await rm(join(dist, 'cache'), { recursive: true, force: true });
const keptMs = process.argv.includes('--pack') ? 0 : 86_400_000;
for (const name of await readdir(join(dist, 'chunks'))) {
  const file = join(dist, 'chunks', name);
  if (!current.has(name) && Date.now() - (await stat(file)).mtimeMs >= keptMs) await rm(file);
}

/** Programs of the host, which share their parts. */
function buildForHost(programs) {
  return build({
    ...common,
    entryPoints: Object.fromEntries(
      Object.entries(programs).map(([name, source]) => [name, join(root, 'src', source)]),
    ),
    outdir,
    outExtension: { '.js': '.mjs' },
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    sourcemap: true,
    // Native code can't be bundled; scripts of users import the rehearsal's words from the package itself.
    external: ['node-pty'],
    // See there: it spares 40 ms at the start of every command.
    alias: { 'string-width': join(root, 'src/cli/help-width.ts') },
  });
}

/** The document of a terminal in one file: it may load nothing, not even from here. */
async function writePaneDocument() {
  const web = join(outdir, 'web');
  const parts = {};
  for (const [part, name] of [
    ['STYLE', 'pane.css'],
    ['SCRIPT', 'pane.js'],
  ]) {
    parts[part] = (await readFile(join(web, name), 'utf8')).replaceAll('</script', '<\\/script');
    await rm(join(web, name));
  }
  const html = await readFile(join(root, 'src/web/client/pane/frame.html'), 'utf8');
  await writeFile(
    join(web, 'pane.html'),
    html.replace(/\/\*(STYLE|SCRIPT)\*\//g, (_, part) => parts[part]),
  );
}

/** What the server sends as it is: compressing once here is better than at each request, and the files never differ from these. */
async function compressPage() {
  const web = join(outdir, 'web');
  for (const name of await readdir(web)) {
    const bytes = await readFile(join(web, name));
    const params = { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
    await writeFile(join(web, `${name}.br`), brotliCompressSync(bytes, { params }));
    await writeFile(join(web, `${name}.gz`), gzipSync(bytes, { level: 9 }));
  }
}
