import { join } from 'node:path';
import type { Sandbox } from '../protocol/team.ts';
import { packageRoot } from '../store/package-root.ts';

/** Where an agent's git finds what it runs in place of ssh. */
export const gitPipe = (sandbox: Sandbox): string =>
  sandbox === 'vm' ? '/run/cowork/git-pipe' : join(packageRoot(), 'src/vm/guest/git-pipe.pl');
