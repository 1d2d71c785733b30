// `npm test`: sets the machine up, then runs every check and every test. Plain JavaScript for Node 20, no packages.
import { spawn, spawnSync } from 'node:child_process';
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
];
const tests = [
  'run',
  '--reporter=default',
  '--reporter=./test/support/second-try.ts',
  '--reporter=json',
  `--outputFile.json=${report}`,
];

if (run(...setUp) !== 0) process.exit(1);
let failed = 0;
const running = checks.map(([name, program, args]) => ({ name, end: runAside(program, args) }));
for (const { name, end } of running) {
  heading(name);
  const { status, said } = await end;
  process.stdout.write(said);
  judge(name, status);
}
heading('tests');
judge('tests', run(bin('vitest'), tests));
process.stdout.write(`\n${closingLine()}\n`);
process.exitCode = failed === 0 ? 0 : 1;

function heading(name) {
  process.stdout.write(`\n== ${name}\n`);
}

function judge(name, status) {
  if (status === 0) return;
  process.stdout.write(`== ${name}: FAILED\n`);
  failed++;
}

function run(program, args) {
  return spawnSync(program, args, { ...options(), stdio: 'inherit' }).status ?? 1;
}

/** Runs beside others; what it says is kept for later. */
function runAside(program, args) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { ...options(), stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        said += text;
      });
    }
    child.once('error', (error) => resolve({ status: 1, said: `${error.message}\n` }));
    child.once('close', (status) => resolve({ status: status ?? 1, said }));
  });
}

function options() {
  const path = `${join(root, 'node_modules', '.bin')}${delimiter}${process.env.PATH}`;
  return { cwd: root, env: { ...process.env, PATH: path } };
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
