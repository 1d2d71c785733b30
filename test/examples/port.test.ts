import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { prepare } from '../../examples/port/prepare.ts';
import type { RepositoryStatus, TeamStatus } from '../../src/protocol/team.ts';
import { coworkHome, imagesFolder } from '../../src/team/paths.ts';
import { gitIn } from '../git/support.ts';
import { openDesk } from '../support/cowork.ts';

// In machines it takes minutes: each push is checked in a machine of its own.
const SANDBOXES = process.env.COWORK_SOAK ? (['none', 'vm'] as const) : (['none'] as const);

test.each(SANDBOXES)(
  'four teammates port a library in a git job, with a conflict and a red check on the way (sandbox %s)',
  {
    timeout: 1_800_000,
  },
  async (sandbox) => {
    const desk = openDesk();
    desk.env.COWORK_IMAGES = imagesFolder(coworkHome());
    const folder = join(desk.tmp, 'path-port');
    prepare(folder);
    const example = join(import.meta.dirname, '..', '..', 'examples', 'port');
    const { team } = await desk.json<{ team: string }>(
      ...['launch', '--job-file', join(example, 'job.md'), '--rehearsal', join(example, 'rehearsal.ts')],
      ...[
        '--grant',
        `${folder}:clone`,
        '--check',
        'node check.mjs',
        '--teammates',
        '4',
        '--sandbox',
        sandbox,
      ],
    );
    const { summary, tasks, repositories } = await desk.json<TeamStatus>('wait', '--timeout', '1500');
    expect(summary).toBe('The library is ported: 23 tests passed, 0 files failed.');
    const [state] = repositories as [RepositoryStatus];
    expect(state).toMatchObject({ landed: 4, isPublished: true, waiting: [] });
    expect(state.returned).toBeGreaterThanOrEqual(2);
    expect(tasks).toEqual({ completed: 4 + state.returned });
    const list = await desk.json<{ subject: string }[]>('tasks');
    expect(list.filter(({ subject }) => subject.startsWith('Mend what the check found'))).toHaveLength(1);
    expect(list.some(({ subject }) => subject.startsWith('Resolve the conflict'))).toBe(true);
    // What the user has: the branch, and nothing else of it.
    expect(gitIn(folder, 'status', '--porcelain')).toBe('');
    expect(gitIn(folder, 'branch', '--show-current')).toBe('main');
    gitIn(folder, 'switch', '-q', `cowork/${team}`);
    const check = execFileSync(process.execPath, ['check.mjs', '--all'], { cwd: folder, encoding: 'utf8' });
    expect(check).toMatch(/23 tests passed, 0 files failed\n$/);
  },
);
