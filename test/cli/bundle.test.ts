import { appendFileSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openMailbox } from '../../src/mailbox/mailbox.ts';
import { NEW_AGENT, writeAgentRecord } from '../../src/team/agent-record.ts';
import { raiseAlert } from '../../src/team/alerts.ts';
import { askApproval } from '../../src/team/approvals.ts';
import { keeperLog, settingsFile, supervisorLog } from '../../src/team/paths.ts';
import { createTeam } from '../../src/team/team.ts';
import { openDesk } from '../support/cowork.ts';
import { rosterEntry, teamRecord } from '../support/team-files.ts';

it('a report has what happened, and no secret that was planted anywhere', async () => {
  const desk = openDesk();
  const secret = 'planted';
  const dir = await createTeam(
    desk.home,
    teamRecord({
      ...{ name: `${secret}-team`, job: `Use ${secret}`, summary: secret, rehearsal: `/${secret}` },
      ...{ allowHosts: [`${secret}.example`], grants: [{ name: secret, path: `/${secret}`, mode: 'ro' }] },
      agents: [rosterEntry('lead'), { ...rosterEntry(`${secret}-agent`), prompt: secret, model: secret }],
    }),
  );
  await openMailbox(dir).send({ from: 'user', to: 'lead', text: secret, incarnation: 0 });
  await askApproval(dir, { kind: 'question', agent: 'lead', incarnation: 1, what: secret, why: secret });
  await raiseAlert(dir, 'lead', secret, secret);
  await writeAgentRecord(dir, 'lead', {
    ...NEW_AGENT,
    state: 'failed',
    reason: secret,
    task: secret,
    turns: 7,
  });
  writeFileSync(
    settingsFile(desk.home),
    JSON.stringify({
      telemetry: { endpoint: `http://${secret}.example`, headers: { authorization: secret } },
    }),
  );
  const line = (entry: object) => `${JSON.stringify({ level: 30, time: 1, incarnation: 2, ...entry })}\n`;
  const stack = `Error: ${secret}\n    at ${secret} (/home/${secret}/${secret}.mjs:1:2)\n    at x (/home/${secret}/dist/keeper.mjs:12:34)`;
  appendFileSync(
    keeperLog(dir, 'lead'),
    [
      line({ event: 'gate', method: 'POST', path: `/${secret}`, status: 404, ms: 12 }),
      line({ event: 'keeper_failed', code: 'IMAGE_MISSING', reason: secret, stack }),
      line({ event: 'keeper_failed', code: secret, how: secret, [secret]: secret }),
      line({ event: secret }),
      `${secret}\n`,
    ].join(''),
  );
  appendFileSync(supervisorLog(dir), line({ event: 'standby', ready: 1, machine: secret }));
  const env = {
    ANTHROPIC_API_KEY: secret,
    ANTHROPIC_BASE_URL: `https://${secret}.example`,
    COWORK_PLANTED: secret,
  };
  const file = join(desk.folder, 'report.json');
  await desk.cowork(['doctor', '--bundle', file], { env: { ...env, PATH: '/nowhere' } });
  const text = readFileSync(file, 'utf8');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(text.toLowerCase()).not.toContain(secret);
  expect(text).not.toContain(desk.folder);
  expect(JSON.parse(text)).toMatchObject({
    ...{ v: 1, node: process.version, settings: ['telemetry'] },
    environment: expect.arrayContaining(['ANTHROPIC_API_KEY', 'ANTHROPIC_BASE_URL', 'COWORK_HOME']),
    checks: expect.arrayContaining([{ name: 'qemu', ok: false }]),
    teams: [
      {
        ...{ team: 1, phase: 'running', sandbox: 'none', alerts: 2 },
        supervisor: [{ event: 'standby' }],
        agents: [
          {
            ...{ agent: 1, role: 'lead', state: 'failed', turns: 7 },
            log: [
              { event: 'gate', status: 404, ms: 12, time: 1, incarnation: 2 },
              { event: 'keeper_failed', code: 'IMAGE_MISSING', stack: ['keeper.mjs:12:34'] },
              { event: 'keeper_failed' },
            ],
          },
          { agent: 2, role: 'teammate' },
        ],
      },
    ],
  });
  const again = await desk.cowork(['doctor', '--bundle', file, '--json'], { env });
  expect(JSON.parse(again.stderr).error).toMatchObject({ code: 'USAGE' });
}, 60_000);
