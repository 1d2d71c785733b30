// `npm test`: sets the machine up, then runs every check and every test. Plain JavaScript for Node 20, no packages.
//   npm test [-- --quick]   --quick leaves out what needs a virtual machine
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const scripts = dirname(fileURLToPath(import.meta.url));
const root = dirname(scripts);
const bin = (name) => join(root, 'node_modules', '.bin', name);
const report = join(tmpdir(), `cowork-test-report-${process.pid}.json`);

const setUp = [process.execPath, [join(scripts, 'setup.mjs'), '--tests']];
const checks = [
  ['format and lint', bin('biome'), ['ci', '--colors=off']],
  ['types', join(root, 'node_modules', 'typescript-native', 'bin', 'tsc'), []],
  [
    'types of the page',
    join(root, 'node_modules', 'typescript-native', 'bin', 'tsc'),
    ['--project', 'src/web/client'],
  ],
  ['floors and cycles', bin('depcruise'), ['--config', '.dependency-cruiser.js', 'src']],
  ['dead code', bin('knip'), ['--no-progress']],
  ['docs made from code', bin('node'), [join(scripts, 'docs.mjs'), '--check']],
  [
    'tests',
    bin('vitest'),
    [
      'run',
      '--reporter=default',
      '--reporter=./test/support/second-try.ts',
      '--reporter=json',
      `--outputFile.json=${report}`,
    ],
  ],
];

if (run(...setUp) !== 0) process.exit(1);
let failed = 0;
for (const [name, program, args] of checks) {
  process.stdout.write(`\n== ${name}\n`);
  if (run(program, args) !== 0) {
    process.stdout.write(`== ${name}: FAILED\n`);
    failed++;
  }
}
process.stdout.write(`\n${closingLine()}\n`);
process.exitCode = failed === 0 ? 0 : 1;

function run(program, args) {
  const path = `${join(root, 'node_modules', '.bin')}${delimiter}${process.env.PATH}`;
  return (
    spawnSync(program, args, { cwd: root, stdio: 'inherit', env: { ...process.env, PATH: path } }).status ?? 1
  );
}

function closingLine() {
  try {
    const { numPassedTests, numFailedTests, numPendingTests } = JSON.parse(readFileSync(report, 'utf8'));
    return `${numPassedTests} passed, ${numFailedTests} failed, ${numPendingTests} skipped`;
  } catch {
    return '0 passed, 1 failed';
  } finally {
    rmSync(report, { force: true });
  }
}
