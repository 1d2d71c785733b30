// Loaded into the agent's process before anything else: randomness that no two machines share. A machine is a copy of a template in which this process ran
// already, so whatever was drawn ahead of its use there would be the same in all copies.
const crypto = require('node:crypto');
const { syncBuiltinESMExports } = require('node:module');

// V8 seeds its generator once. The bytes below come from OpenSSL, which seeds itself anew because the clock jumps when a machine becomes somebody's.
const word = new Uint32Array(2);
Math.random = () => {
  crypto.randomFillSync(word);
  return ((word[0] >>> 5) * 67_108_864 + (word[1] >>> 6)) / 9_007_199_254_740_992;
};

// Node keeps 128 of them ready.
const { randomUUID } = crypto;
crypto.randomUUID = () => randomUUID({ disableEntropyCache: true });
crypto.webcrypto.randomUUID = crypto.randomUUID;
syncBuiltinESMExports();
