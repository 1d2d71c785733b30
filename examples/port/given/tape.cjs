// As much of the test runner `tape` as the library's tests use: a test is run where it stands, and throws when it fails.
const assert = require('node:assert');

let passed = 0;
let current = '';
const t = {
  strictEqual: assert.strictEqual,
  deepEqual: assert.deepStrictEqual,
  ok: assert.ok,
  throws: assert.throws,
  end: () => {},
};

module.exports = (name, ...rest) => {
  const [options, run] = rest.length === 2 ? rest : [{}, rest[0]];
  if (options.skip) return;
  current = name;
  run(t);
  passed++;
};
module.exports.passed = () => passed;
module.exports.current = () => current;
