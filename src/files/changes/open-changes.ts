import { closeSync } from 'node:fs';
import { loadIds } from '../../store/ids.ts';
import { openRoot } from '../tree.ts';
import { createRecorder, type Recorder } from './recorder.ts';
import type { SurveyOptions } from './survey.ts';

/** What is known of the changes in one grant, and the grant's folder, held; closed with `Symbol.dispose`. */
export interface GrantChanges extends SurveyOptions, Disposable {
  grant: string;
  recorder: Recorder;
}

/** Opens the changes of a grant for looking, or for putting back as `user`; why not, when the folder can't be opened. */
export async function openChanges(
  checkpoints: string,
  { name, path }: { name: string; path: string },
): Promise<GrantChanges | { reason: string }> {
  const opened = openRoot(path);
  if ('reason' in opened) return opened;
  const recorder = createRecorder({ checkpoints, writer: 'user', incarnation: 0, ids: await loadIds() });
  return {
    ...{ grant: name, recorder, checkpoints, root: opened.fd, history: recorder.history(name) },
    [Symbol.dispose]: () => closeSync(opened.fd),
  };
}
