import { join } from 'node:path';
import { SetupError } from './progress.mjs';
import { node24, root, run } from './run.mjs';

/** Builds the guest image when it is missing: the work is `src/vm/image/build.ts`, which only Node 24 can run. */
export async function buildImage(progress) {
  let failure;
  const onLine = (line) => {
    const [, kind, text] = /^(step|error) (.*)$/.exec(line) ?? [];
    if (kind === 'step') progress.step(`guest image: ${text}`);
    if (kind === 'error') failure = JSON.parse(text).error;
  };
  const result = await run(node24, [join(root, 'src/vm/image/build-command.ts')], { onLine });
  if (failure) throw new SetupError('The guest image could not be built.', failure.message, failure.hint);
  if (result.code !== 0) {
    throw new SetupError(
      'The guest image could not be built.',
      result.tail,
      'Run `npm run setup` again; report it when it stays.',
    );
  }
}
