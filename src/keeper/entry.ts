import { enableCompileCache, flushCompileCache } from 'node:module';
import { builtProgram } from '../store/package-root.ts';

// Entry of the keeper's program. What its modules compile to is kept beside them: compiling is a third of its start, and every agent's start waits for it.
enableCompileCache(builtProgram('cache'));
// A keeper lives long and may be killed; by now all that a start loads is loaded.
setTimeout(flushCompileCache, 10_000).unref();
await import('./main.ts');
