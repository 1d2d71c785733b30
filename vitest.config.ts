import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Processes of their own: locks, signals and virtual machines are not for threads.
    pool: 'forks',
    maxWorkers: 2,
    globalSetup: ['test/support/global-setup.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // Real processes and machines on a host that may be busy: one failure in a thousand tests is tried again, and named at the end.
    retry: 1,
    reporters: ['default', './test/support/second-try.ts'],
  },
});
