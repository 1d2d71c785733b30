/**
 * A small team for a first look, played without a model: each text of the granted folder is counted by a teammate, the lead adds up, asks the user
 * whether that is all, and ends the job when the user says so. Who is told something by the user says so in answer.
 */
import { defineRehearsal, insist, type RehearsalAgent, say } from '../../src/model/rehearsal/script.ts';
import type { TaskLine } from '../../src/model/rehearsal/turn.ts';
import { createTasks, granted, quote, type Scene, serve, settle, tell, untilSettled } from '../rehearsing.ts';

export default defineRehearsal({
  title: 'First team: count the words',
  *lead(agent) {
    const folder = granted(agent);
    const look = yield* insist(say('I look at the folder.').call('bash', { command: `ls ${quote(folder)}` }));
    const texts = (look.results[0]?.text ?? '').split(/\s+/).filter((name) => name.endsWith('.txt'));
    const plans = texts.map((name) => ({ subject: `Count ${name}`, description: `wc -w < ${name}` }));
    // While this task of its own is open, the lead may sleep as long as the user likes.
    const last = { subject: 'Hear from the user', description: 'Ask whether that is all.', owner: 'lead' };
    const all = yield* createTasks(`${texts.length} to count: one task for each.`, [last, ...plans]);
    const [hearing = '', ...ids] = all;
    let isAll = false;
    const hear = function* ({ from, text }: { from: string; text: string }): Scene {
      if (from !== 'user') return;
      isAll ||= /that is all/i.test(text);
      if (!isAll) yield* tell('The user speaks.', 'user', `I heard: ${text}`);
    };
    const counted = yield* untilSettled({ agent, hear }, ids);
    const sum = counted.reduce((total, { result }) => total + Number(result), 0);
    const words = `${sum} words in ${texts.length === 1 ? '1 text' : `${texts.length} texts`}`;
    if (!isAll)
      yield* tell('All is counted.', 'user', `${words}. I end the job when you say "That is all.".`);
    while (!isAll) {
      const mail = agent.inbox.mail.shift();
      if (mail === undefined) yield say('I wait for the user.');
      else yield* hear(mail);
    }
    yield* insist(say('Then that is all.').call('task_claim', { id: hearing }));
    yield* insist(
      say('').call('task_update', { id: hearing, state: 'completed', result: 'The user answered.' }),
    );
    yield* insist(say('').call('finish_job', { summary: `${words}.` }));
  },
  *teammate(agent) {
    yield* serve({ agent, perform: (task) => count(agent, task), attend: () => answer(agent) });
  },
});

/** Counts the words of the text that a task names; false when it names none. */
function* count(agent: RehearsalAgent, task: TaskLine): Scene<boolean> {
  const name = /^wc -w < (\S+)$/.exec(task.description)?.[1];
  if (name === undefined) return false;
  const command = `cd ${quote(granted(agent))} && wc -w < ${quote(name)}`;
  const { results } = yield* insist(say(`I take ${task.id}.`).call('bash', { command }));
  const said = (results[0]?.text ?? '').trim();
  yield* settle('Counted.', task, /^\d+$/.test(said) ? 'completed' : 'failed', said, command);
  return true;
}

function* answer(agent: RehearsalAgent): Scene {
  for (const { from, text, id } of agent.inbox.mail.splice(0)) {
    if (from === 'user') yield* tell('The user speaks to me.', 'user', `I heard: ${text}`, id);
  }
}
