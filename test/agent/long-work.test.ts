import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { type Asked, type Said, serveStrictly } from '../support/strict/server.ts';
import { launchOn, toItsEnd } from '../support/strict/team.ts';

const finish: Said = { text: 'Done.', calls: [['finish_job', { summary: 'Done.' }]] };

test.concurrent('a conversation that fills the context is replaced by a summary, with roster, tasks and folders put back, and goes on after a restart', async ({
  onTestFinished,
}) => {
  const noise = 'node -e "console.log(\'x\'.repeat(15000))"';
  let summaries = 0;
  const server = await serveStrictly(({ last, all, number }) => {
    if (last.includes('replaced by a summary that you write now')) {
      summaries++;
      return { text: 'SUMMARY: I claimed t1 and made noise.' };
    }
    if (number === 1)
      return {
        text: 'I plan.',
        calls: [['task_create', { subject: 'Count', description: 'x', owner: 'lead' }]],
      };
    if (number === 2) return { text: 'Mine.', calls: [['task_claim', { id: 't1' }]] };
    if (summaries > 1 && all.includes('were restarted')) {
      return {
        text: 'Done.',
        calls: [['finish_job', { summary: all.includes('SUMMARY') ? 'Done.' : 'Forgotten.', force: true }]],
      };
    }
    if (summaries > 1) return { text: 'I wait.', calls: [['bash', { command: 'sleep 50' }]] };
    return { text: `Noise ${number}.`, calls: [['bash', { command: `${noise} # ${number}` }]] };
  }, onTestFinished);
  const env = (desk: { env: NodeJS.ProcessEnv }) => {
    desk.env.COWORK_CONTEXT_TOKENS = '16000';
  };
  const team = await launchOn(server, ['--teammates', '1'], onTestFinished, env);
  await eventually('two summaries', () => summaries >= 2, 40_000);
  const first = server.asked.find(
    ({ all, last }) => all.includes('SUMMARY') && last.includes('How things stand now'),
  );
  expect(first?.body.messages).toHaveLength(1);
  expect(first?.last).toMatch(/You are lead, lead of team "mine"/);
  expect(first?.last).toMatch(/- ada: "teammate"/);
  expect(first?.last).toMatch(/- \/.*\/mine \(rw\)/);
  expect(first?.last).toMatch(/Tasks that you have claimed:\n- t1 in_progress, lead: "Count"/);
  expect(first?.last).toMatch(/Messages that you have not seen: \d+;/);
  // This server makes no summaries: that was found by asking once.
  expect(server.unknown).toBe(1);
  const { pid } = await team.agent('lead');
  await eventually(
    'it to work on',
    () => team.processes().some(({ command }) => command === 'sleep 50'),
    20_000,
  );
  process.kill(pid ?? 0, 'SIGKILL');
  expect((await toItsEnd(team)).status).toMatchObject({ state: 'done', summary: 'Done.' });
  expect(server.refused).toEqual([]);
});

test.concurrent('a server that makes summaries makes them, signed, after a restart too; another one gets their text', async ({
  onTestFinished,
}) => {
  const noise = (number: number): Said => ({
    text: `Noise ${number}.`,
    calls: [['bash', { command: `printf '%15000s' ${number} | tr ' ' x` }]],
  });
  const firstRole = (asked: Asked) => asked.body.messages[0]?.role;
  const server = await serveStrictly(
    (asked) => {
      if (asked.body.compaction !== undefined) return { compaction: 'SUMMARY of the server.' };
      if (firstRole(asked) !== 'assistant') return noise(asked.number);
      return asked.all.includes('were restarted')
        ? { text: 'I wait.' }
        : { text: 'I go on.', calls: [['bash', { command: 'sleep 50' }]] };
    },
    onTestFinished,
    { betas: ['compact-2026-09-04'] },
  );
  const team = await launchOn(server, ['--teammates', '0'], onTestFinished, ({ env }) => {
    env.COWORK_CONTEXT_TOKENS = '16000';
  });
  const summed = await eventually(
    'a summary',
    () => server.asked.find((asked) => firstRole(asked) === 'assistant'),
    40_000,
  );
  expect(summed.body.messages[0]?.content).toMatchObject([
    { type: 'compaction', content: 'SUMMARY of the server.', encrypted_content: 'opaque' },
  ]);
  expect(summed.body.messages).toHaveLength(2);
  expect(summed.last).toMatch(/How things stand now:\nYou are lead/);
  expect(summed.headers['anthropic-beta']).toBe('compact-2026-09-04');
  const request = server.asked.find(({ body }) => body.compaction !== undefined);
  expect(request?.body.compaction).toMatchObject({
    type: 'summarize',
    instructions: expect.stringContaining('the job'),
  });

  await eventually(
    'it to work on',
    () => team.processes().some(({ command }) => command === 'sleep 50'),
    20_000,
  );
  process.kill((await team.agent('lead')).pid ?? 0, 'SIGKILL');
  const again = await eventually(
    'it to be back',
    () => server.asked.find(({ all }) => all.includes('were restarted')),
    40_000,
  );
  expect(firstRole(again)).toBe('assistant');
  expect(server.refused).toEqual([]);

  // The same team on a server that makes none.
  await team.json('stop');
  const other = await serveStrictly(
    ({ all }) => (all.includes('SUMMARY of the server.') ? finish : { text: 'Who am I?' }),
    onTestFinished,
  );
  team.env.ANTHROPIC_BASE_URL = other.url;
  await team.json('resume');
  await team.send('lead', 'Come to an end.');
  expect((await toItsEnd(team)).status).toMatchObject({ state: 'done', summary: 'Done.' });
  expect(other.refused).toEqual([]);
  expect(other.asked[0]?.body.messages[0]?.role).toBe('user');
});

test.concurrent('a conversation that the server finds too long is made shorter, once, and the turn goes on', async ({
  onTestFinished,
}) => {
  const server = await serveStrictly(
    ({ last, all, number }) => {
      if (last.includes('replaced by a summary')) return { text: 'SUMMARY' };
      if (all.includes('SUMMARY')) return finish;
      return {
        text: 'More.',
        calls: [['bash', { command: `node -e "console.log('x'.repeat(20000))" # ${number}` }]],
      };
    },
    onTestFinished,
    { window: 20_000 },
  );
  const team = await launchOn(server, ['--teammates', '0'], onTestFinished);
  expect((await toItsEnd(team)).status).toMatchObject({ state: 'done', summary: 'Done.' });
  expect(server.refused).toEqual([]);
});

test.concurrent('long output of a tool is cut in the conversation, and the whole of it is in a file', async ({
  onTestFinished,
}) => {
  const server = await serveStrictly(({ number }) => {
    if (number > 1) return finish;
    return { text: 'Much.', calls: [['bash', { command: 'seq 1 12000' }]] };
  }, onTestFinished);
  const team = await launchOn(server, ['--teammates', '0'], onTestFinished);
  await toItsEnd(team);
  const said = server.asked[1]?.last ?? '';
  expect(said.length).toBeLessThan(20_000);
  const file = /the whole is in (\S+?)\]/.exec(said)?.[1] ?? '';
  const whole = readFileSync(file, 'utf8').split('\n');
  expect(said).toContain('\n12000');
  expect(whole).toContain('6000');
  expect(said).not.toContain('\n6000\n');
});

test.concurrent('helpers work side by side with a context, a shell and tools of their own, and give their last words only', async ({
  onTestFinished,
}) => {
  const server = await serveStrictly(({ role, last, all, number }) => {
    if (role === 'subagent') {
      if (all.includes('Look for bees')) {
        return last.startsWith('Look')
          ? {
              text: 'Hm.',
              calls: [
                ['bash', { command: 'sleep 1; echo bees' }],
                ['run_subagent', { prompt: 'deeper' }],
              ],
            }
          : { text: '3 bees' };
      }
      return last.startsWith('Look')
        ? { text: 'Hm.', calls: [['read', { file_path: 'x' }]] }
        : { text: '2 ants' };
    }
    if (number > 1) return finish;
    const calls: Said['calls'] = [
      ['run_subagent', { prompt: 'Look for bees' }],
      ['run_subagent', { prompt: 'Look for ants', agent: 'reader', tools: ['read'] }],
      ['run_subagent', { prompt: 'Look for wasps', agent: 'nobody' }],
    ];
    return { text: 'I ask.', calls };
  }, onTestFinished);
  const team = await launchOn(server, ['--teammates', '0'], onTestFinished, ({ folder }) => {
    mkdirSync(join(folder, '.claude', 'agents'), { recursive: true });
    const definition =
      '---\nname: reader\ndescription: Reads\ntools: Read, Grep\nmodel: small-model\n---\nYou read.\n';
    writeFileSync(join(folder, '.claude', 'agents', 'reader.md'), definition);
    writeFileSync(join(folder, 'AGENTS.md'), 'Count twice.\n@more.md\n@/etc/hostname\n');
    writeFileSync(join(folder, 'more.md'), 'Then sleep.\n');
  });
  expect((await toItsEnd(team)).status.state).toBe('done');
  expect(server.refused).toEqual([]);
  const lead = server.asked.filter(({ role }) => role === 'lead');
  const helpers = server.asked.filter(({ role }) => role === 'subagent');
  expect(lead[1]?.last).toMatch(/3 bees\n2 ants\nThere is no kind of helper "nobody"/);
  expect(lead[1]?.all).not.toContain('Hm.');
  expect(lead[0]?.body.system?.[0]?.text).toMatch(
    /Count twice\.\nThen sleep\.\n\n@\/etc\/hostname \(not read/,
  );
  const ants = helpers.find(({ all }) => all.includes('ants'));
  expect(ants?.body).toMatchObject({ model: 'small-model', tools: [{ name: 'read' }] });
  expect(ants?.body.system?.[0]?.text).toMatch(/^You read\./);
  expect(ants?.all).not.toContain('bees');
  // As deep as it goes.
  const bees = helpers.findLast(({ all }) => all.includes('bees'));
  expect(bees?.last).toContain('There is no tool run_subagent');
  // Their replies count against the agent that sent them.
  expect((await team.agent('lead')).tokens.output).toBeGreaterThan(0);
});
