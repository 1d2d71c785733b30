import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openTaskList, type TaskList } from '../../src/tasklist/tasklist.ts';
import { startCrew } from '../store/support/crew.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { ModelList } from './support/model.ts';

const agent = fc.constantFrom('ann', 'bob', 'cy');
const life = fc.integer({ min: 1, max: 3 });
const id = fc.integer({ min: 1, max: 7 }).map((n) => `t${n}`);

/** One step: what it is, and what the model and the real list each make of it. */
interface Step {
  says: string;
  model: (model: ModelList) => unknown;
  real: (tasks: TaskList) => Promise<unknown>;
}

const need = fc.constantFrom('evidence' as const, 'review' as const);
const create = fc.record({
  deps: fc.uniqueArray(id, { maxLength: 2 }),
  owner: fc.option(agent),
  needs: fc.oneof({ weight: 2, arbitrary: fc.constant<('evidence' | 'review')[]>([]) }, fc.uniqueArray(need)),
});
const EVIDENCE = { command: 'make check', exitCode: 0 };
const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: create.map(
      ({ deps, owner, needs }): Step => ({
        says: `create after ${deps} for ${owner}, needs ${needs}`,
        model: (model) => model.create(deps, owner, needs),
        real: (tasks) =>
          tasks.create({ by: 'lead', incarnation: 1, subject: 's', dependsOn: deps, owner, needs }).then(
            () => true,
            () => false,
          ),
      }),
    ),
  },
  {
    weight: 4,
    arbitrary: fc.tuple(agent, life, fc.option(id, { nil: undefined })).map(
      ([by, incarnation, which]): Step => ({
        says: `claim ${which} by ${by}#${incarnation}`,
        model: (model) => model.claim(by, incarnation, which),
        real: async (tasks) => {
          const outcome = await tasks.claim({ by, incarnation, ...(which ? { id: which } : {}) });
          return outcome.won ? outcome.task.id : null;
        },
      }),
    ),
  },
  {
    weight: 4,
    arbitrary: fc
      .tuple(agent, life, id, fc.constantFrom('completed', 'failed', 'review', 'pending'), fc.boolean())
      .map(
        ([by, incarnation, which, state, proves]): Step => ({
          says: `${state} ${which} by ${by}#${incarnation}${proves ? ' with evidence' : ''}`,
          model: (model) => model.update(by, incarnation, which, state, proves),
          real: async (tasks) => {
            const evidence = proves ? { evidence: EVIDENCE } : {};
            return (await tasks.update({ by, incarnation, id: which, state, ...evidence })).ok;
          },
        }),
      ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(id, fc.boolean()).map(
      ([which, isCancel]): Step => ({
        says: `${isCancel ? 'cancel' : 'release'} ${which}`,
        model: (model) => (isCancel ? model.cancel(which) : model.release(which)),
        real: async (tasks) =>
          (
            await tasks[isCancel ? 'cancel' : 'release']({
              by: 'user',
              incarnation: 0,
              id: which,
              reason: 'r',
            })
          ).ok,
      }),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(agent, fc.integer({ min: 1, max: 2 })).map(
      ([who, incarnation]): Step => ({
        says: `${who}#${incarnation} is over`,
        model: (model) => model.endLife(who, incarnation),
        real: (tasks) => tasks.releaseIncarnation({ agent: who, incarnation, reason: 'r' }),
      }),
    ),
  },
);

async function assertSame(tasks: TaskList, model: ModelList): Promise<void> {
  const real = (await tasks.list()).map((task) => [task.id, task.state, task.owner]);
  const ids = model.tasks.map((_, i) => `t${i + 1}`);
  expect(real).toEqual(ids.map((each) => [each, model.state(each), model.owner(each)]));
}

describe('the task list', () => {
  it('behaves as a list that is worked out plainly, whichever of three openers acts', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(steps, fc.nat(2)), { minLength: 5, maxLength: 40, size: 'max' }),
        async (acts) => {
          const teamDir = await temporaryFolder();
          const openers = [0, 1, 2].map(() => openTaskList(teamDir, { durable: false }));
          const model = new ModelList();
          for (const [step, who] of acts) {
            const opener = openers[who] as TaskList; // 0 to 2
            expect([step.says, await step.real(opener)]).toEqual([step.says, step.model(model)]);
          }
          for (const opener of [...openers, openTaskList(teamDir)]) await assertSame(opener, model);
        },
      ),
      { numRuns: 60 },
    );
  }, 60_000);

  it('behaves so whichever of three processes acts, with a journal of many segments and bases', async () => {
    const crew = await startCrew(3, 1500);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(steps, fc.nat(2)), { minLength: 5, maxLength: 40, size: 'max' }),
        async (acts) => {
          const teamDir = await temporaryFolder();
          await Promise.all(crew.map((member) => member.open(teamDir)));
          const openers = crew.map((member) => member.as<TaskList>('tasks'));
          const model = new ModelList();
          for (const [i, [step, who]] of acts.entries()) {
            const opener = openers[who] as TaskList; // 0 to 2
            expect([step.says, await step.real(opener)]).toEqual([step.says, step.model(model)]);
            if (i % 7 === 0) await opener.compact();
          }
          for (const opener of [...openers, openTaskList(teamDir)]) await assertSame(opener, model);
        },
      ),
      { numRuns: 8 },
    );
  }, 60_000);

  it('is the same list for a reader of the whole journal and one who stopped at every byte', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(steps, { minLength: 5, maxLength: 15, size: 'max' }),
        fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 5 }),
        async (acts, pieces) => {
          const teamDir = await temporaryFolder();
          const tasks = openTaskList(teamDir, { durable: false });
          for (const step of acts) await step.real(tasks);
          await tasks.create({ by: 'lead', incarnation: 1, subject: 'at least one' });
          const bytes = readFileSync(join(teamDir, 'tasks', 'journal.jsonl'));
          const copy = await temporaryFolder();
          const slow = openTaskList(copy, { durable: false });
          await openTaskList(copy, { durable: false }).releaseIncarnation({
            agent: 'x',
            incarnation: 1,
            reason: '',
          });
          for (let at = 0, i = 0; at < bytes.length; i++) {
            const length = pieces[i % pieces.length] ?? 1;
            appendFileSync(join(copy, 'tasks', 'journal.jsonl'), bytes.subarray(at, at + length));
            at += length;
            await slow.list();
          }
          expect(await slow.list()).toEqual(await tasks.list());
        },
      ),
      { numRuns: 40 },
    );
  }, 60_000);
});
