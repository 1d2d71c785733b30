// `npm run soak [-- MINUTES]`: the long forms of tests. Mail and tasks: every operation on a file goes wrong once in each way, and
// 16 processes, 5,000 tasks and 50,000 messages in chaos, again and again for so long (60 minutes by default). Panes: 1,000 viewers
// that come and go.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const minutes = Number(process.argv[2] ?? 60);
if (!(minutes > 0)) {
  process.stderr.write('How many minutes?\nThe argument is no number above 0.\nRun: npm run soak -- 60\n');
  process.exit(2);
}
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const args = ['run', 'test/store/faults.test.ts', 'test/store/chaos.test.ts', 'test/pane/attach.test.ts'];
const { status } = spawnSync(join(root, 'node_modules/.bin/vitest'), args, {
  ...{ cwd: root, stdio: 'inherit' },
  env: { ...process.env, COWORK_SOAK: String(minutes) },
});
process.exitCode = status ?? 1;
