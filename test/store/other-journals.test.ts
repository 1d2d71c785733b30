import { createHash } from 'node:crypto';
import { closeSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { addConnector, listConnectors } from '../../src/extensions/connectors/records.ts';
import { openSecrets } from '../../src/extensions/connectors/secrets.ts';
import { readPluginRecords, writePluginRecord } from '../../src/extensions/install/records.ts';
import { readTeamExtensions, writeTeamExtensions } from '../../src/extensions/use/team-extensions.ts';
import { createRecorder } from '../../src/files/changes/recorder.ts';
import { openAsPlace } from '../../src/files/host.ts';
import { noteInQueue, readQueue } from '../../src/git/queue.ts';
import { openTranscript } from '../../src/keeper/transcript.ts';
import { openMemory } from '../../src/memory/memory.ts';
import { ensureFolder } from '../../src/store/folders.ts';
import { loadIds } from '../../src/store/ids.ts';
import { holdRole, roleHolder } from '../../src/store/role.ts';
import { noteRun, openRuns } from '../../src/supervisor/schedule/runs.ts';
import { createSchedule, readSchedule, scheduleNames } from '../../src/supervisor/schedule/schedules.ts';
import { readAgentRecord, writeAgentRecord } from '../../src/team/agent-record.ts';
import { openAlerts, raiseAlert } from '../../src/team/alerts.ts';
import { answerApproval, askApproval, listApprovals } from '../../src/team/approvals.ts';
import { listArtifacts } from '../../src/team/artifacts.ts';
import { readConversation } from '../../src/team/conversation.ts';
import { appendLedger, lastIncarnation, readLedger } from '../../src/team/ledger.ts';
import { checkpointsFolder, keeperRoleFile, teamFolder, transcriptFile } from '../../src/team/paths.ts';
import { changeProjectRecord, readProjectRecord } from '../../src/team/project-record.ts';
import { addTeammate } from '../../src/team/roster.ts';
import { createTeam, listTeams, readTeam } from '../../src/team/team.ts';
import { openUploads } from '../../src/team/uploads.ts';
import { createToken, listTokens } from '../../src/web/tokens.ts';
import { teamRecord } from '../support/team-files.ts';
import { FAULTS, type Fault, injectFaults } from './support/faults.ts';

const folder = mkdtempSync(join(tmpdir(), 'cowork-faults-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Place {
  home: string;
  dir: string;
  work: string;
}

/** One promise: what makes it, once more without harm, and what must be so from then on. `reads` must never fail, whatever has happened. */
interface Promised {
  name: string;
  make(at: Place): Promise<unknown>;
  holds(at: Place): unknown;
  reads?(at: Place): unknown;
}

/** Whether `work` says that this was done before. */
const unless = (code: string, work: Promise<unknown>): Promise<unknown> =>
  work.catch((error: { code?: string }) => {
    if (error.code !== code) throw error;
  });
const env = {};
const PROJECT = '/somewhere';
const ADDED = '2026-01-01T00:00:00.000Z';
const plugin = {
  ...{ v: 1, name: 'shop', marketplace: null, scope: 'user', where: null, listedAs: null, revision: '1' },
  ...{ source: { kind: 'folder', path: '/x' }, version: '1.0.0', checksum: 'abc', consent: null },
  ...{ added: ADDED, updated: ADDED },
} as unknown as Parameters<typeof writePluginRecord>[1]; // whatever its source is, the record is kept as it is
const note = (home: string, place: string, text: string | null) =>
  openMemory(home, PROJECT).change(place, { agent: 'ada', team: 'mine' }, () => text);
const textOf = (home: string, place: string) =>
  openMemory(home, PROJECT)
    .list()
    .find((each) => each.place === place)?.text;
const sha256 = (bytes: Buffer | string) => createHash('sha256').update(bytes).digest('hex');
const said = (dir: string) =>
  readConversation(dir, 'ada').map(({ entry }) => entry.type !== 'note' && entry.content[0]?.text);
const saying = (text: string): Promised => ({
  name: `transcript ${text}`,
  make: async ({ dir }) => {
    if (said(dir).includes(text)) return;
    await openTranscript(transcriptFile(dir, 'ada'), 'ada', 1).append([
      { type: 'user', content: [{ type: 'text', text }] },
    ]);
  },
  holds: ({ dir }) => expect(said(dir).filter((each) => each === text)).toEqual([text]),
});

/** What docs/home.md lists as kept, but for mail, tasks and roles, which have a test of their own. */
const PROMISED: Promised[] = [
  {
    name: 'team.json',
    make: ({ home }) => unless('TEAM_TAKEN', createTeam(home, teamRecord())),
    holds: ({ home, dir }) => {
      expect(readTeam(dir)).toMatchObject({ name: 'mine', job: 'Count.' });
      expect(listTeams(home)).toEqual(['mine']);
    },
    reads: ({ home }) => listTeams(home),
  },
  {
    name: 'roster',
    make: ({ dir }) => addTeammate(dir, { name: 'cy', role: 'reader', prompt: 'Read.', key: 'cy' }),
    holds: ({ dir }) => expect(readTeam(dir).agents.filter(({ name }) => name === 'cy')).toHaveLength(1),
  },
  {
    name: 'ledger',
    make: ({ dir }) => appendLedger(dir, { type: 'incarnation_planned', agent: 'ada', incarnation: 1 }),
    holds: ({ dir }) => expect(lastIncarnation(readLedger(dir), 'ada')).toBe(1),
  },
  {
    name: 'role',
    make: ({ dir }) => holdRole(keeperRoleFile(dir, 'ada'), { by: 'ada', incarnation: 1 }),
    holds: ({ dir }) => expect(roleHolder(keeperRoleFile(dir, 'ada'))?.pid).toBe(process.pid),
  },
  {
    // Not synced: it says how things are now. But it is never in anybody's way.
    name: 'agent.json',
    make: ({ dir }) => writeAgentRecord(dir, 'ada', { ...readAgentRecord(dir, 'ada'), state: 'idle' }),
    holds: () => {},
    reads: ({ dir }) => readAgentRecord(dir, 'ada'),
  },
  {
    name: 'alert',
    make: ({ dir }) => raiseAlert(dir, 'ada', 'died', 'ada died.'),
    holds: ({ dir }) => expect(openAlerts(dir).filter(({ kind }) => kind === 'died')).toHaveLength(1),
  },
  saying('one'),
  saying('two'),
  {
    name: 'question',
    make: async ({ dir }) => {
      if (listApprovals(dir).length > 0) return;
      await askApproval(dir, { kind: 'question', agent: 'ada', incarnation: 1, what: 'Which?', why: '' });
    },
    holds: ({ dir }) => expect(listApprovals(dir)).toMatchObject([{ id: 'a1', what: 'Which?' }]),
  },
  {
    name: 'answer',
    make: ({ dir }) =>
      unless(
        'APPROVAL_SETTLED',
        answerApproval(dir, { id: 'a1', state: 'allowed', by: 'user', where: 'command line', note: 'That.' }),
      ),
    holds: ({ dir }) => expect(listApprovals(dir)).toMatchObject([{ state: 'allowed', note: 'That.' }]),
  },
  {
    name: 'artifact',
    make: async ({ dir }) => {
      if (listArtifacts(dir).length > 0) return;
      const uploads = openUploads(dir, 'ada', 1);
      const draft = await uploads.add(Buffer.from('The report, '), undefined);
      await uploads.add(Buffer.from('all of it.'), draft);
      await uploads.finish(draft, { name: 'r.md', title: 'Report', kind: 'markdown' });
    },
    holds: ({ dir }) => expect(listArtifacts(dir)).toMatchObject([{ id: 'r1', title: 'Report' }]),
    // What is on the list is there, whole.
    reads: ({ dir }) => {
      for (const { path, sha256: hash } of listArtifacts(dir)) expect(sha256(readFileSync(path))).toBe(hash);
    },
  },
  {
    name: 'first version',
    make: async ({ dir, work }) => {
      readTeam(dir); // without a team nobody changes anything
      const checkpoints = checkpointsFolder(dir);
      const recorder = createRecorder({ checkpoints, writer: 'ada', incarnation: 1, ids: await loadIds() });
      const fd = openAsPlace(join(work, 'a.txt'));
      await recorder.keep('work', 'a.txt', { fd }, 'copy').finally(() => closeSync(fd));
    },
    holds: async ({ dir }) => {
      const checkpoints = checkpointsFolder(dir);
      const recorder = createRecorder({ checkpoints, writer: 'user', incarnation: 0, ids: await loadIds() });
      const kept = recorder.history('work').find('a.txt')?.firsts.get('ada')?.kept;
      expect(readFileSync(join(checkpoints, String(kept)), 'utf8')).toBe('as it was');
    },
  },
  {
    name: 'queue',
    make: async ({ dir }) => {
      for (const name of ['git', 'git/code']) ensureFolder(join(dir, name)); // `openHub` has made them
      if (readQueue(dir, 'code').entries.length > 0) return;
      await noteInQueue(dir, 'code', { type: 'pushed', entry: 'q1', agent: 'ada', commit: 'c'.repeat(40) });
    },
    holds: () => {},
    reads: ({ dir }) => readQueue(dir, 'code'),
  },
  {
    name: 'extensions',
    make: ({ dir }) => writeTeamExtensions(dir, { v: 1, sources: [] }),
    holds: ({ dir }) => expect(readTeamExtensions(dir)).toEqual({ v: 1, sources: [] }),
  },
  {
    name: 'schedule',
    make: ({ home }) =>
      unless(
        'SCHEDULE_TAKEN',
        createSchedule(home, {
          ...{ v: 1, name: 'daily', job: 'Count.', args: [], folder: '/x', overlap: 'skip', catchUp: true },
          when: { says: 'every day', cron: '0 8 * * *', at: null, timeZone: 'UTC' },
          created: ADDED,
        }),
      ),
    holds: ({ home }) => expect(readSchedule(home, 'daily').job).toBe('Count.'),
    reads: ({ home }) => scheduleNames(home).map((name) => readSchedule(home, name)),
  },
  {
    name: 'run',
    make: ({ home }) => noteRun(home, 'daily', { type: 'fired', due: ADDED, missed: 0 }, 0),
    holds: ({ home }) => expect(openRuns(home, 'daily').read()).toMatchObject([{ due: ADDED }]),
    reads: ({ home }) => openRuns(home, 'daily').read(),
  },
  {
    name: 'note of the project',
    make: ({ home }) => note(home, 'project/build.md', 'Run make.\n'),
    holds: ({ home }) => expect(textOf(home, 'project/build.md')).toBe('Run make.\n'),
    reads: ({ home }) => expect(['Run make.\n', undefined]).toContain(textOf(home, 'project/build.md')),
  },
  {
    name: 'note that is forgotten',
    make: async ({ home }) => {
      await note(home, 'user/old.md', 'Old.\n');
      await note(home, 'user/old.md', null);
    },
    holds: ({ home }) => expect(textOf(home, 'user/old.md')).toBeUndefined(),
    reads: ({ home }) => expect(['Old.\n', undefined]).toContain(textOf(home, 'user/old.md')),
  },
  {
    name: 'project',
    make: ({ home }) =>
      changeProjectRecord(home, PROJECT, (record) => ({
        ...record,
        agreed: { checksum: 'abc', at: ADDED, who: 'me' },
      })),
    holds: ({ home }) => expect(readProjectRecord(home, PROJECT).agreed?.checksum).toBe('abc'),
    reads: ({ home }) => readProjectRecord(home, PROJECT),
  },
  {
    name: 'connector',
    make: async ({ home }) => {
      if (listConnectors(home, '/nowhere').connectors.length === 0)
        await addConnector(home, 'shop', { command: 'true' });
    },
    holds: ({ home }) => expect(listConnectors(home, '/nowhere').connectors).toHaveLength(1),
    reads: ({ home }) => listConnectors(home, '/nowhere'),
  },
  {
    name: 'secret',
    make: ({ home }) => openSecrets(home, env).set('token', 'abc'),
    holds: async ({ home }) => expect(await openSecrets(home, env).get('token')).toBe('abc'),
    reads: ({ home }) => openSecrets(home, env).names(),
  },
  {
    name: 'plugin',
    make: ({ home }) => writePluginRecord(home, plugin, () => ''),
    holds: ({ home }) => expect(readPluginRecords(home)).toMatchObject({ records: [plugin], broken: [] }),
    reads: ({ home }) => expect(readPluginRecords(home).broken).toEqual([]),
  },
  {
    name: 'token',
    make: ({ home }) => unless('WEB_TOKEN_TAKEN', createToken(home, 'phone', 'read')),
    holds: ({ home }) => expect(listTokens(home)).toMatchObject([{ name: 'phone' }]),
    reads: ({ home }) => listTokens(home),
  },
];

/** Makes all promises; gives the names of those that were acknowledged, and why the others were not. */
async function live(at: Place, isDead: () => boolean): Promise<Map<string, string>> {
  const outcome = new Map<string, string>();
  for (const { name, make } of PROMISED) {
    if (isDead()) break;
    const made = Promise.resolve().then(() => make(at));
    const why = await made.then(
      () => '',
      (error: unknown) => String(error),
    );
    if (why !== '' || !isDead()) outcome.set(name, why);
  }
  return outcome;
}

async function assertKept(at: Place, outcome: Map<string, string>): Promise<void> {
  for (const { name, holds, reads } of PROMISED) {
    try {
      await reads?.(at);
      if (outcome.get(name) === '') await holds(at);
    } catch (error) {
      throw new Error(`${name}: ${error instanceof Error ? error.message : error}`, { cause: error });
    }
  }
}

async function runWith(fault: Fault, nth: number): Promise<number> {
  const top = mkdtempSync(join(folder, 'home-'));
  const home = join(top, '.cowork');
  const at = { home, dir: teamFolder(home, 'mine'), work: join(top, 'work') };
  mkdirSync(at.work);
  writeFileSync(join(at.work, 'a.txt'), 'as it was');
  const faults = injectFaults(top, nth, fault);
  const outcome = await live(at, () => faults.isDead).finally(() => faults.restore());
  await assertKept(at, outcome);
  // Whoever is dead has no lock any more, and no turn.
  for (const path of globSync(['**/*.lock*', '**/writers.jsonl'], { cwd: home }))
    rmSync(join(home, path), { recursive: true, force: true });
  // Somebody else goes on: all of it can be had now.
  const none = injectFaults(top, Number.POSITIVE_INFINITY, fault);
  const again = await live(at, () => false).finally(() => none.restore());
  expect([...again].filter(([, why]) => why !== '')).toEqual([]);
  await assertKept(at, again);
  rmSync(top, { recursive: true, force: true });
  return faults.count;
}

/** `npm run soak` takes every operation; here each kind takes another few of them. */
const isLong = process.env.COWORK_SOAK !== undefined;
const STRIDE = isLong ? 1 : 41;

describe('a fault at any operation on a file, for all that is kept beside mail and tasks', () => {
  it.each(FAULTS)(
    '(%s) keeps what was acknowledged, tears nothing, and keeps nobody from going on',
    async (fault) => {
      const operations = await runWith(fault, Number.POSITIVE_INFINITY);
      expect(operations).toBeGreaterThan(200);
      for (let nth = 1 + ((FAULTS.indexOf(fault) * 4) % STRIDE); nth <= operations; nth += STRIDE) {
        await runWith(fault, nth).catch((error: unknown) => {
          throw new Error(`at operation ${nth}: ${error instanceof Error ? error.message : error}`, {
            cause: error,
          });
        });
      }
    },
    isLong ? 3_600_000 : 120_000,
  );
});
