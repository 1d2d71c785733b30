// Bundles the programs into dist/: cli, supervisor and keeper for the host, agent for the guest.
// Run by the set-up under Node 24; takes less than a second.
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const outdir = join(root, 'dist');
await rm(outdir, { recursive: true, force: true });

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
  build({
    ...common,
    entryPoints: {
      cli: join(root, 'src/cli/main.ts'),
      supervisor: join(root, 'src/supervisor/main.ts'),
      keeper: join(root, 'src/keeper/main.ts'),
    },
    outdir,
    outExtension: { '.js': '.mjs' },
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    sourcemap: true,
    // Native code can't be bundled; scripts of users import the rehearsal's words from the package itself.
    external: ['node-pty'],
  }),
  build({
    ...common,
    entryPoints: [join(root, 'src/agent/main.ts')],
    outfile: join(outdir, 'agent.mjs'),
    minify: true,
  }),
]);
