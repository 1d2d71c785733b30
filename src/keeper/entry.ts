import { keepCompiled } from '../store/compiled.ts';

// Entry of the keeper's program: every agent's start waits for it.
keepCompiled();
await import('./main.ts');
