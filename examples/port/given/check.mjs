// The public tests of the library against what is ported so far: `node check.mjs [--all]`. A file of tests runs once all functions that it
// needs are there; with --all, none may be missing. Exit code 1 when a test fails.
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const EVERY = 'join normalize isAbsolute resolve relative dirname basename extname parse format';
const NEEDS = {
  'test-path-join': 'join',
  'test-path-isabsolute': 'isAbsolute',
  'test-path-resolve': 'resolve',
  'test-path-relative': 'relative',
  'test-path-dirname': 'dirname',
  'test-path-basename': 'basename',
  'test-path-extname': 'extname',
  'test-path-parse-format': 'parse format dirname basename extname',
  'test-path-zero-length-strings': 'join normalize isAbsolute resolve relative',
  'test-path': EVERY,
};

const path = require('./index.ts');
const tape = require('tape');
let failed = 0;
for (const [file, names] of Object.entries(NEEDS)) {
  const missing = names.split(' ').filter((name) => typeof path[name] !== 'function');
  if (missing.length > 0) {
    console.log(`${file}: waits for ${missing.join(', ')}`);
    failed += process.argv.includes('--all') ? 1 : 0;
    continue;
  }
  try {
    require(`./test/${file}.js`);
    console.log(`${file}: passed`);
  } catch (error) {
    failed++;
    console.log(`${file}: FAILED in "${tape.current()}": ${error.message}`);
  }
}
console.log(`${tape.passed()} tests passed, ${failed} files failed`);
process.exitCode = failed === 0 ? 0 : 1;
