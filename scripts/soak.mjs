// `npm run soak [-- MINUTES [NAME …]]`: the long forms of tests, or of those whose names are given (`supervisor/kill-matrix`):
//   mail and tasks   every operation on a file goes wrong once in each way; 16 processes, 5,000 tasks and 50,000 messages in chaos,
//                    again and again for MINUTES (60 by default)
//   panes            1,000 viewers that come and go
//   files            100,000 frames, and 500 sequences of operations where a test has 25 or 60
//   machines         templates killed at more steps; an image that is built anew under a stopped team; the MCP reference servers
//   git              a job whose every push is checked in a machine of its own, and one whose supervisors are killed while they merge
//   documents        the skills of the image for them, and the reports
//   kills            the table of kills with machines, and the demo with processes killed at random for MINUTES
//   package          installed into a fresh folder
//   gate             100,000 damaged requests, TLS connections and frames
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const [time = 60, ...only] = process.argv.slice(2);
const minutes = Number(time);
if (!(minutes > 0)) {
  process.stderr.write('How many minutes?\nThe argument is no number above 0.\nRun: npm run soak -- 60\n');
  process.exit(2);
}
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const files = [
  ...[
    'store/faults',
    'store/other-journals',
    'store/chaos',
    'pane/attach',
    'vm/template',
    'examples/port',
    'examples/documents',
    'examples/reports',
    'git/killed',
    'keeper/image-rebuilt',
    'keeper/servers/machine',
    'supervisor/kill-matrix',
    'docs/package',
  ],
  ...['frames', 'model', 'undo', 'review', 'modes', 'real-programs'].map((name) => `files/${name}`),
]
  .filter((name) => only.length === 0 || only.includes(name))
  .map((name) => `test/${name}.test.ts`);
const runs = [
  ...(files.length > 0 ? [[join(root, 'node_modules/.bin/vitest'), ['run', ...files]]] : []),
  ...(only.length === 0 ? [[process.execPath, [join(root, 'bench/gate-fuzz.ts')]]] : []),
];
if (runs.length === 0) {
  process.stderr.write(
    `Nothing has such a name: ${only.join(' ')}.\nTake one that this file lists.\nRun: npm run soak -- 60\n`,
  );
  process.exit(2);
}
const env = { ...process.env, COWORK_SOAK: String(minutes), COWORK_MATRIX: 'vm', COWORK_TEST_RUNS: '500' };
for (const [program, args] of runs) {
  const { status } = spawnSync(program, args, { cwd: root, stdio: 'inherit', env });
  if (status !== 0) process.exitCode = 1;
}
