import { keepCompiled } from '../store/compiled.ts';

// Entry of the supervisor's program: every team's start waits for it.
keepCompiled();
await import('./main.ts');
