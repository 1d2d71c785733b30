// `npm run soak [-- MINUTES [NAME …]]`: the long forms of tests, or of those whose names are given (`supervisor/kill-matrix`). Mail and tasks: every operation on a file goes wrong once in each way, and
// 16 processes, 5,000 tasks and 50,000 messages in chaos, again and again for so long (60 minutes by default). Panes: 1,000 viewers
// that come and go. Files: 100,000 frames, and 500 sequences of operations where a test has 25 or 60. Machines: templates killed
// at more steps; the MCP reference servers in one; a git job whose every push is checked in a machine of its own, and
// one whose supervisors are killed while they merge; the image for documents: its skills, and the reports; the table of kills with machines, and the demo with processes killed at random for as long as said. The package installed into a fresh folder. The gate: 100,000 damaged requests, TLS connections and frames.
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
