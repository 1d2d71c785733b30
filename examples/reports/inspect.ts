import { readFileSync } from 'node:fs';
import { defineRehearsal, insist, say } from '../../src/model/rehearsal/script.ts';
import { untilDone } from './until-done.ts';

const PROGRAMS = ['./open.sh', '../marketplace/plugins/documents/scripts/convert.sh'].map((path) => ({
  name: path.split('/').at(-1),
  content: readFileSync(new URL(path, import.meta.url), 'utf8'),
}));

/** An agent that knows nothing of the makers opens what they made in a machine of its own: `open.sh`, a call for each part. */
export default defineRehearsal({
  title: 'Open the reports',
  *lead(agent) {
    const at = (name: string): string =>
      agent.grants.find((grant) => grant.name === name)?.path ?? `/grants/${name}`;
    for (const { name, content } of PROGRAMS)
      yield* insist(say('').call('write', { file_path: `/workspace/${name}`, content }));
    const ends: string[] = [];
    for (const part of ['workbook', 'deck', 'pdf']) {
      const command = `sh /workspace/open.sh ${part} ${at('reports')} ${at('opened')}`;
      const { results } = yield* untilDone(`I open the ${part}.`, command);
      ends.push(`${part}: ${results[0]?.isError ? results[0].text.slice(-500) : 'opened'}`);
    }
    yield* insist(say('Done.').call('finish_job', { summary: ends.join('\n'), force: true }));
  },
  *teammate() {},
});
