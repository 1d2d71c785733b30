import type { Reporter, TestCase } from 'vitest/node';

/**
 * Names the tests that passed at their second try only, with what failed at the first: no reason to stop a landing, but each
 * one is a fault of the test or of the code under load.
 */
export default class SecondTry implements Reporter {
  readonly #passed: TestCase[] = [];

  onTestCaseResult(test: TestCase): void {
    if (test.diagnostic()?.flaky) this.#passed.push(test);
  }

  onTestRunEnd(): void {
    for (const test of this.#passed) {
      const why = test.result().errors?.map(({ stack, message }) => stack ?? message) ?? [];
      process.stdout.write(
        `\npassed at the second try only: ${test.module.relativeModuleId} > ${test.fullName}\n`,
      );
      process.stdout.write(`${why.join('\n')}\n`);
    }
  }
}
