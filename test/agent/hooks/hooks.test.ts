import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readServerStates } from '../../../src/team/server-states.ts';
import type { Desk } from '../../support/cowork.ts';
import { eventually } from '../../support/eventually.ts';
import { writeFiles } from '../../support/files.ts';
import { type Asked, type Said, serveStrictly, waitsForUser } from '../../support/strict/server.ts';
import { launchOn, toItsEnd } from '../../support/strict/team.ts';

const finish: Said = { text: 'Done.', calls: [['finish_job', { summary: 'Done.', force: true }]] };

interface HookRow {
  id: string;
  event: string;
  armed: boolean;
  whyNot: string | null;
  last: { agent: string; outcome: string; runs: number; said: string }[];
}

/** A plugin with these hooks, each `[event, matcher, handler]`, installed and agreed to. */
async function installHooks(
  desk: Desk,
  hooks: [event: string, matcher: string, handler: object][],
  files: Record<string, string> = {},
  yes = true,
): Promise<void> {
  const groups: Record<string, object[]> = {};
  for (const [event, matcher, handler] of hooks) {
    groups[event] ??= [];
    groups[event].push({ matcher, hooks: [handler] });
  }
  const folder = writeFiles(join(desk.tmp, 'rules'), {
    '.claude-plugin/plugin.json': '{"name":"rules","version":"1.0.0"}',
    'hooks/hooks.json': JSON.stringify({ hooks: groups }),
    ...files,
  });
  await desk.json('plugin', 'add', folder, ...(yes ? ['--yes'] : []));
}

const command = (text: string, more = {}) => ({ type: 'command', command: text, ...more });
const resultsOf = (asked: Asked | undefined) => {
  const content = asked?.body.messages.at(-1)?.content;
  return (Array.isArray(content) ? content : [])
    .filter(({ type }) => type === 'tool_result')
    .map(({ content: said, is_error }) => ({ said: JSON.stringify(said), isError: is_error === true }));
};

test.concurrent('hooks refuse, change and add to calls of tools, in helpers, too; one that fails or hangs decides nothing and is told', async ({
  onTestFinished,
}) => {
  const server = await serveStrictly(({ role, number }) => {
    if (role === 'subagent') {
      return number > 1
        ? { text: 'I could not.' }
        : { text: 'I try.', calls: [['bash', { command: 'rm -r by-helper' }]] };
    }
    if (number > 1) return finish;
    const calls: Said['calls'] = [
      ['bash', { command: 'rm -r x; touch removed' }],
      ['bash', { command: 'echo plain' }],
      ['bash', { command: 'echo secret' }],
      ['write', { file_path: 'new.txt', content: 'x' }],
      ['run_subagent', { prompt: 'Remove it' }],
      ['read', { file_path: 'not-there' }],
      ['task_list', {}],
    ];
    return { text: 'Go.', calls };
  }, onTestFinished);
  const guard = `import { text } from 'node:stream/consumers';
    const { tool_name, tool_input, session_id, hook_event_name } = JSON.parse(await text(process.stdin));
    if (tool_name !== 'Bash' || session_id !== 'mine-lead' || hook_event_name !== 'PreToolUse') process.exit(5);
    if (/rm -r/.test(tool_input.command)) { console.error('No removing here.'); process.exit(2); }
    if (/secret/.test(tool_input.command))
      console.log(JSON.stringify({ hookSpecificOutput: { permissionDecision: 'allow', updatedInput: { command: 'echo public' } } }));`;
  const team = await launchOn(server, ['--teammates', '0'], onTestFinished, (desk) =>
    installHooks(
      desk,
      [
        ['PreToolUse', 'Bash', command('', { command: 'node', args: [`\${CLAUDE_PLUGIN_ROOT}/guard.mjs`] })],
        ['PreToolUse', 'Write|Edit', command('echo oh no >&2; exit 1')],
        ['PreToolUse', 'write', command('sleep 30', { timeout: 1 })],
        ['PreToolUse', '^task_', command(`echo '{"decision":"block","reason":"No lists."}'`)],
        ['PostToolUse', 'Write', command(`echo '{"hookSpecificOutput":{"additionalContext":"Format it."}}'`)],
        ['PostToolUseFailure', 'Read', command('echo It is in the cellar. >&2; exit 2')],
        ['PreToolUse', 'Nothing', command('exit 2')],
        ['FileChanged', '', command('true')],
      ],
      { 'guard.mjs': guard },
    ),
  );
  expect((await toItsEnd(team)).status.state).toBe('done');
  expect(server.refused).toEqual([]);
  const lead = server.asked.filter(({ role }) => role === 'lead');
  const [removing, plain, secret, write, helper, read, list] = resultsOf(lead[1]);
  const workspace = join(team.dir, 'agents', 'lead', 'workspace');
  expect(removing).toMatchObject({
    isError: true,
    said: expect.stringMatching(/HOOK_REFUSED.*No removing here\./),
  });
  expect(existsSync(join(workspace, 'removed'))).toBe(false);
  expect(plain?.said).toContain('plain');
  expect(secret?.said).toContain('public');
  expect(write?.said).toContain('[hook] Format it.');
  expect(readFileSync(join(workspace, 'new.txt'), 'utf8')).toBe('x');
  expect(helper?.said).toContain('I could not.');
  expect(server.asked.find(({ role, number }) => role === 'subagent' && number === 2)?.last).toContain(
    'No removing here.',
  );
  expect(read).toMatchObject({ isError: true, said: expect.stringContaining('[hook] It is in the cellar.') });
  expect(list).toMatchObject({ isError: true, said: expect.stringContaining('No lists.') });
  const rows = await team.json<HookRow[]>('hooks', '-t', 'mine');
  const last = (id: string) => rows.find((row) => row.id === id)?.last[0];
  // Events are in the order of the file: five before a call, then one after it, and so on.
  expect(rows.map(({ event }) => event)).toEqual([
    ...['PreToolUse', 'PreToolUse', 'PreToolUse', 'PreToolUse', 'PreToolUse'],
    ...['PostToolUse', 'PostToolUseFailure', 'FileChanged'],
  ]);
  expect(last('rules:1')).toMatchObject({ agent: 'lead', runs: 4 });
  expect(last('rules:2')).toMatchObject({
    outcome: 'failed',
    said: expect.stringMatching(/ended with 1: oh no/),
  });
  expect(last('rules:3')).toMatchObject({
    outcome: 'failed',
    said: expect.stringMatching(/longer than 1 s/),
  });
  expect(last('rules:5')).toBeUndefined();
  expect(rows.at(-1)).toMatchObject({ armed: false, whyNot: 'nobody watches files for hooks' });
  const shown = await team.cowork(['hooks', '-t', 'mine']);
  expect(shown.stdout).toMatch(/rules:1 {2}PreToolUse Bash {2}command: node[\s\S]*lead: \w+, 4 runs/);
});

test.concurrent('hooks of a skill run once it is used, and its effort counts for the turn; hooks hear of all calls of a reply, of questions to the user, and hold back commands', async ({
  onTestFinished,
}) => {
  const server = await serveStrictly(({ number, last }) => {
    const calls: Record<number, Said['calls']> = {
      1: [['bash', { command: 'echo one' }]],
      2: [['skill', { name: 'rules:careful' }]],
      3: [['bash', { command: 'echo two' }]],
      4: [['bash', { command: 'echo three' }]],
      5: [['ask_user', { question: 'And now?' }]],
    };
    if (number <= 5) return { text: 'Go.', calls: calls[number] ?? [] };
    return last.includes('The open one') ? finish : { text: 'I wait.' };
  }, onTestFinished);
  const team = await launchOn(server, ['--teammates', '0'], onTestFinished, (desk) =>
    installHooks(
      desk,
      [
        [
          'PostToolBatch',
          '',
          command(
            'input=$(cat); case "$input" in *ask_user*) echo Wait for the user. >&2; exit 2;; *"echo one"*) echo \'{"hookSpecificOutput":{"additionalContext":"That was one."}}\';; esac',
          ),
        ],
        ['Notification', 'agent_needs_input', command('cat > asked.json')],
        ['UserPromptExpansion', 'rules:secret', command('echo Not this one. >&2; exit 2')],
        ['Setup', '', command('true')],
      ],
      {
        'skills/careful/SKILL.md': [
          '---',
          'description: Be careful',
          'effort: low',
          'hooks:',
          '  PreToolUse:',
          '    - matcher: Bash',
          '      hooks:',
          '        - {type: command, command: "echo Careful now. >&2; exit 2", once: true}',
          '---',
          'Take care.',
        ].join('\n'),
        'commands/secret.md': 'The secret one.',
        'commands/open.md': 'The open one.',
      },
    ),
  );
  await eventually('the turn to end', () => server.asked.some(({ number }) => number === 5), 60_000);
  await eventually(
    'the hook to have ended it',
    async () =>
      (await team.json<HookRow[]>('hooks', '-t', 'mine')).some(
        ({ last }) => last[0]?.said === 'Wait for the user.',
      ),
    60_000,
  );
  await team.cowork(['send', 'lead', '/rules:secret', '-t', 'mine']);
  await eventually(
    'the command to be held back',
    () => server.asked.some(({ all }) => all.includes('Not this one.')),
    60_000,
  );
  await team.cowork(['send', 'lead', '/rules:open', '-t', 'mine']);
  expect((await toItsEnd(team)).status.state).toBe('done');
  const lead = server.asked.filter(({ role }) => role === 'lead');
  const results = (number: number) => resultsOf(lead.find((asked) => asked.number === number))[0];
  expect(results(2)).toMatchObject({ isError: false, said: expect.stringContaining('one') });
  expect(lead[1]?.all).toContain('[hook] That was one.');
  expect(results(4)).toMatchObject({ isError: true, said: expect.stringContaining('Careful now.') });
  expect(results(5)).toMatchObject({ isError: false, said: expect.stringContaining('three') });
  const effort = lead.map(({ body }) => JSON.stringify(body).includes('"effort":"low"'));
  expect(effort.slice(0, 6)).toEqual([false, false, true, true, true, false]);
  expect(lead.at(-1)?.all).not.toContain('The secret one.');
  const asked = readFileSync(join(team.dir, 'agents', 'lead', 'workspace', 'asked.json'), 'utf8');
  expect(JSON.parse(asked)).toMatchObject({ message: 'And now?', notification_type: 'agent_needs_input' });
  expect((await team.json<HookRow[]>('hooks', '-t', 'mine')).filter(({ armed }) => !armed)).toMatchObject([
    { event: 'Setup', whyNot: expect.stringContaining('take SessionStart') },
  ]);
  expect(server.refused).toEqual([]);
});

test.concurrent('TaskCreated and TaskCompleted refuse with exit 2, TeammateIdle sends back to work, and is heard again', async ({
  onTestFinished,
}) => {
  const server = await serveStrictly(({ agent, number, last, all }) => {
    if (agent === 'ada') {
      const done = [
        'task_update',
        { id: 't1', state: 'completed', result: all.includes('proof') ? 'with proof' : 'so' },
      ];
      if (last.includes('TASK {') || last.includes('not completed'))
        return { text: 'Done.', calls: [done] } as Said;
      if (last.includes('Sweep'))
        return { text: 'I sweep.', calls: [['send_message', { to: 'lead', text: 'The floor is clean.' }]] };
      return { text: 'I rest.' };
    }
    if (all.includes('floor is clean')) return finish;
    if (number > 1) return { text: 'I wait.' };
    const create = (subject: string, owner = 'ada'): [string, Record<string, unknown>] => [
      'task_create',
      { subject, description: 'Do it.', owner },
    ];
    // With an open task of its own, the lead may sleep as long as it likes.
    return { text: 'I plan.', calls: [create('vague'), create('Count bees'), create('Count days', 'lead')] };
  }, onTestFinished);
  const team = await launchOn(server, ['--teammates', '1'], onTestFinished, (desk) =>
    installHooks(desk, [
      [
        'TaskCreated',
        '',
        command('grep -q \'"task_subject":"Count\' || { echo Say what to count. >&2; exit 2; }'),
      ],
      ['TaskCompleted', '', command('grep -q "with proof" || { echo Give a proof. >&2; exit 2; }')],
      [
        'TeammateIdle',
        '',
        command(
          'cat > idle.json; test -e swept || { touch swept; echo Sweep the floor first. >&2; exit 2; }',
        ),
      ],
    ]),
  );
  expect((await toItsEnd(team)).status.state).toBe('done');
  expect(server.refused).toEqual([]);
  const [vague, count] = resultsOf(
    server.asked.find(({ agent, number }) => agent === 'lead' && number === 2),
  );
  expect(vague).toMatchObject({
    isError: true,
    said: expect.stringMatching(/task was not created: Say what to count\./),
  });
  expect(count?.isError).toBe(false);
  expect((await team.tasks()).map(({ subject, state }) => [subject, state])).toEqual([
    ['Count bees', 'completed'],
    ['Count days', 'pending'],
  ]);
  const ada = server.asked.filter(({ agent }) => agent === 'ada');
  expect(ada.some(({ last }) => /task is not completed: Give a proof\./.test(last))).toBe(true);
  expect(
    server.asked.some(({ agent, last }) => agent === 'ada' && last.includes('[hook] Sweep the floor first.')),
  ).toBe(true);
  const input = JSON.parse(readFileSync(join(team.dir, 'agents', 'ada', 'workspace', 'idle.json'), 'utf8'));
  expect(input).toMatchObject({ hook_event_name: 'TeammateIdle', teammate_name: 'ada', team_name: 'mine' });
});

test.concurrent('a task that the user adds passes TaskCreated in the lead, after the fact: one that is refused is cancelled, and the user is told', async ({
  onTestFinished,
}) => {
  const server = await serveStrictly(waitsForUser, onTestFinished);
  const team = await launchOn(server, ['--teammates', '0'], onTestFinished, (desk) =>
    installHooks(desk, [
      [
        'TaskCreated',
        '',
        command('grep -q \'"task_subject":"Count\' || { echo Say what to count. >&2; exit 2; }'),
      ],
    ]),
  );
  const vague = await team.json<{ id: string }>('tasks', 'add', 'Do something', '--owner', 'lead');
  const count = await team.json<{ id: string }>('tasks', 'add', 'Count bees', '--owner', 'lead');
  const mail = await eventually(
    'the user to be told',
    async () => (await team.mail({ agent: 'user', from: 'team' }))[0],
    40_000,
  );
  expect(mail.text).toBe(
    `The task ${vague.id} that you added is cancelled: a hook refused it: Say what to count.`,
  );
  await eventually(
    'both to have been looked at',
    async () => (await team.json<HookRow[]>('hooks', '-t', 'mine'))[0]?.last[0]?.runs === 2,
    40_000,
  );
  const tasks = await team.tasks();
  expect(tasks.find(({ id }) => id === vague.id)?.state).toBe('cancelled');
  expect(tasks.find(({ id }) => id === count.id)?.state).not.toBe('cancelled');
});

test.concurrent('hooks speak at the start, hold back words of the user, send a turn back, and are asked of a model or a server', async ({
  onTestFinished,
}) => {
  const heard: string[] = [];
  const headers: (string | undefined)[] = [];
  const judge = http.createServer((request, response) => {
    for (const name of ['x-token', 'x-other', 'x-ours']) headers.push(String(request.headers[name] ?? ''));
    request.on('data', (chunk) => heard.push(String(chunk)));
    request.on('end', () => response.end('{"decision":"block","reason":"The server says no."}'));
  });
  await once(judge.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => void judge.close());
  const { port } = judge.address() as AddressInfo;
  const server = await serveStrictly((asked) => {
    const { role, number, last, all } = asked;
    if (role === 'subagent')
      return {
        text: last.includes('"command":"echo bad"')
          ? 'So: {"ok": false, "reason": "It is bad."}'
          : '{"ok": true}',
      };
    if (number === 1) {
      const calls: Said['calls'] = [
        ['bash', { command: 'echo bad' }],
        ['bash', { command: 'echo good' }],
        ['glob', { pattern: '*' }],
      ];
      return { text: 'Go.', calls };
    }
    if (all.includes('Really stop')) return finish;
    if (last.includes('Look again')) return { text: 'I looked.', calls: [['task_list', {}]] };
    return waitsForUser(asked);
  }, onTestFinished);
  const team = await launchOn(server, ['--teammates', '0'], onTestFinished, (desk) => {
    Object.assign(desk.env, { JUDGE_TOKEN: 'let-me-in', NOT_NAMED: 'mine', COWORK_KEY: 'never' });
    return installHooks(desk, [
      ['SessionStart', 'startup', command('echo Speak low.')],
      ['SessionStart', 'resume', command('echo Wrong one.')],
      [
        'UserPromptSubmit',
        '',
        command('grep -q password && { echo No secrets. >&2; exit 2; }; echo The user is in a hurry.'),
      ],
      ['Stop', '', command('test -e looked || { touch looked; echo Look again. >&2; exit 2; }')],
      ['PreToolUse', 'Bash', { type: 'prompt', prompt: 'Is this fine? $ARGUMENTS' }],
      [
        'PreToolUse',
        'Glob',
        {
          ...{ type: 'http', url: `http://127.0.0.1:${port}/judge` },
          headers: {
            'x-token': `Bearer \${JUDGE_TOKEN}`,
            'x-other': '[$NOT_NAMED]',
            'x-ours': '[$COWORK_KEY]',
          },
          allowedEnvVars: ['JUDGE_TOKEN', 'COWORK_KEY'],
        },
      ],
    ]);
  });
  await eventually(
    'the lead to have looked again',
    () => server.asked.some(({ last }) => last.includes('[hook] Look again.')),
    40_000,
  );
  await team.json('send', 'lead', 'My password is swordfish.');
  await eventually(
    'it to be held back',
    () => server.asked.some(({ last }) => last.includes('No secrets')),
    40_000,
  );
  await team.json('send', 'lead', 'Really stop now.');
  expect((await toItsEnd(team)).status.state).toBe('done');
  expect(server.refused).toEqual([]);
  const all = server.asked.map(({ last }) => last).join('\n');
  expect(server.asked.find(({ role }) => role === 'lead')?.last).toContain('[hook] Speak low.');
  expect(all).not.toContain('Wrong one');
  expect(all).not.toContain('swordfish');
  expect(server.asked.find(({ last }) => last.includes('Really stop'))?.last).toContain(
    '[hook] The user is in a hurry.',
  );
  const [bad, good, glob] = resultsOf(
    server.asked.find(({ role, number }) => role === 'lead' && number === 2),
  );
  expect(bad).toMatchObject({ isError: true, said: expect.stringContaining('It is bad.') });
  expect(good).toMatchObject({ isError: false, said: expect.stringContaining('good') });
  expect(glob).toMatchObject({ isError: true, said: expect.stringContaining('The server says no.') });
  expect(JSON.parse(heard.join(''))).toMatchObject({ hook_event_name: 'PreToolUse', tool_name: 'Glob' });
  expect(headers).toEqual(['Bearer let-me-in', '[]', '[]']);
});

test.concurrent('a hook calls the tool of a server of its plugin with fields of the event; what that says decides', async ({
  onTestFinished,
}) => {
  let dir = '';
  const server = await serveStrictly(async ({ number }) => {
    if (number > 1) return finish;
    // A first turn waits for servers that come up, but not for ever.
    await eventually(
      'the server to have come up',
      () => dir !== '' && readServerStates(dir, 'lead').plugin_rules_judge?.state === 'ready',
      40_000,
    );
    const calls: Said['calls'] = [
      ['bash', { command: 'echo one' }],
      ['glob', { pattern: '*' }],
      ['task_list', {}],
    ];
    return { text: 'Go.', calls };
  }, onTestFinished);
  const call = (tool: string, input?: object) => ({ type: 'mcp_tool', server: 'judge', tool, input });
  const judge = join(import.meta.dirname, '../../fixtures/servers/judge.mjs');
  const mcp = JSON.stringify({ mcpServers: { judge: { command: 'node', args: [judge] } } });
  const team = await launchOn(server, ['--teammates', '0'], onTestFinished, (desk) =>
    installHooks(
      desk,
      [
        [
          'PreToolUse',
          'Bash',
          call('judge', { said: `\${tool_name}: \${tool_input.command}\${nothing.there}` }),
        ],
        ['PreToolUse', 'Glob', call('breaks')],
        ['PreToolUse', 'Glob', { type: 'mcp_tool', server: 'nobody', tool: 'x' }],
      ],
      { '.mcp.json': mcp },
    ),
  );
  dir = team.dir;
  expect((await toItsEnd(team)).status.state).toBe('done');
  const [bash, glob] = resultsOf(server.asked.find(({ number }) => number === 2));
  expect(bash).toMatchObject({ isError: true, said: expect.stringContaining('Not so: Bash: echo one') });
  expect(glob?.isError).toBe(false);
  const rows = await team.json<HookRow[]>('hooks', '-t', 'mine');
  expect(rows.map(({ whyNot }) => whyNot)).toEqual([null, null, 'there is no MCP server nobody']);
  await eventually(
    'the report of the one that failed',
    async () => {
      const [, failed] = await team.json<HookRow[]>('hooks', '-t', 'mine');
      return failed?.last[0]?.outcome === 'failed' && failed.last[0].said.includes('It is broken.');
    },
    40_000,
  );
});

test.concurrent('hooks that nobody agreed to do not run, and are shown as what they wait for', async ({
  onTestFinished,
}) => {
  const server = await serveStrictly(({ number }) => {
    return number > 1 ? finish : { text: 'Go.', calls: [['bash', { command: 'echo fine' }]] };
  }, onTestFinished);
  const team = await launchOn(server, ['--teammates', '0'], onTestFinished, (desk) =>
    installHooks(desk, [['PreToolUse', '', command('touch ran; exit 2')]], {}, false),
  );
  await toItsEnd(team);
  expect(resultsOf(server.asked[1])[0]).toMatchObject({
    isError: false,
    said: expect.stringContaining('fine'),
  });
  expect(existsSync(join(team.dir, 'agents', 'lead', 'workspace', 'ran'))).toBe(false);
  const [row] = await team.json<HookRow[]>('hooks', '-t', 'mine');
  expect(row).toMatchObject({
    armed: false,
    whyNot: expect.stringContaining('plugin add rules --yes'),
    last: [],
  });
});
