// The job of the bench of files: the lead measures in its machine, and writes what it found into a grant.
import { call, defineRehearsal, say } from '../../src/model/rehearsal/script.ts';

export default defineRehearsal({
  title: 'File rates',
  *lead() {
    const folders = '/workspace /grants/rw /grants/keep /grants/review';
    yield call('bash', {
      timeout_ms: 380_000,
      command: `mkdir /workspace/old && cp /grants/rw/old/* /workspace/old/ && python3 /grants/program/files-guest.py ${folders} > /grants/result/out.json`,
    });
    yield call('finish_job', { summary: 'measured' });
    yield say('Done.');
  },
  *teammate() {
    yield say('Nothing to do.');
  },
});
