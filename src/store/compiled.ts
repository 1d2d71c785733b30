import { enableCompileCache, flushCompileCache } from 'node:module';
import { builtProgram } from './package-root.ts';

/**
 * Has Node keep what this program's modules compile to beside them: compiling is a third of a start, and somebody waits for it. To be called before the
 * modules are loaded.
 */
export function keepCompiled(): void {
  enableCompileCache(builtProgram('cache'));
  // The program lives long and may be killed; by now all that a start loads is loaded.
  setTimeout(flushCompileCache, 10_000).unref();
}
