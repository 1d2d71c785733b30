// Starts the agent from its bundle with V8's code cache beside it: in a guest without hardware acceleration, compiling the
// bundle costs more than anything else at start. A cache that does not fit this Node is ignored by V8.
//   node agent.mjs                 runs the agent
//   node agent.mjs --make-cache    writes agent.cache (by the build)
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { constants, Script } from 'node:vm';

const folder = import.meta.dirname;
const bundle = join(folder, 'agent.cjs');
const cache = join(folder, 'agent.cache');
const makesCache = process.argv[2] === '--make-cache';

const script = new Script(`(function (require, module, exports) {${readFileSync(bundle, 'utf8')}\n})`, {
  filename: bundle,
  cachedData: !makesCache && existsSync(cache) ? readFileSync(cache) : undefined,
  importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
});
const module = { exports: {} };
script.runInThisContext()(createRequire(bundle), module, module.exports);

if (makesCache) {
  // What the bundle did while it loaded is compiled now; it has not begun to connect yet.
  writeFileSync(cache, script.createCachedData());
  process.exit(0);
}
