import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openMemory } from '../../src/memory/memory.ts';
import { FAULTS, type Fault, injectFaults } from '../store/support/faults.ts';

const folder = mkdtempSync(join(tmpdir(), 'cowork-notes-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const ada = { agent: 'ada', team: 'alpha' };
const user = { agent: 'user', team: null };

function place() {
  const top = mkdtempSync(join(folder, 'at-'));
  const [home, project] = [join(top, 'home'), join(top, 'project')];
  mkdirSync(project);
  return { top, home, project, files: join(project, '.cowork', 'memory') };
}

/** What must be so of the notes of a project, told without a file. */
class Model {
  hasFolder = false;
  readonly home = new Map<string, string>();
  readonly files = new Map<string, string>();
  readonly known = new Map<string, Map<string, 'written' | 'agreed'>>();

  isAgreed(name: string): boolean {
    return this.home.has(name) || this.known.get(name)?.has(this.files.get(name) ?? '') === true;
  }

  /** The code of the refusal, or undefined. */
  change(name: string, text: string | null, isAgent: boolean): string | undefined {
    if (this.home.has(name) && this.home.get(name) === this.files.get(name)) this.moveOne(name);
    const now = this.home.get(name) ?? this.files.get(name);
    if (now !== undefined && isAgent && !this.isAgreed(name)) return 'MEMORY_NOT_AGREED';
    if (now === text && this.isAgreed(name)) return;
    if (now === undefined && text === null) return;
    const at = this.home.has(name) || (now === undefined && !this.hasFolder) ? this.home : this.files;
    if (text === null) {
      at.delete(name);
      this.known.delete(name);
    } else {
      at.set(name, text);
      this.know(name, text, 'written');
    }
  }

  agree(name: string): string | undefined {
    const now = this.home.get(name) ?? this.files.get(name);
    if (now === undefined) return 'MEMORY_CHANGED';
    if (!this.isAgreed(name)) this.know(name, now, 'agreed');
  }

  withdraw(): void {
    for (const texts of this.known.values())
      for (const [text, how] of texts) if (how === 'agreed') texts.delete(text);
  }

  move(): void {
    this.hasFolder = true;
    for (const name of [...this.home.keys()].sort()) this.moveOne(name);
  }

  private moveOne(name: string): void {
    const text = this.home.get(name) ?? '';
    let to = name;
    for (let i = 2; this.files.has(to) && this.files.get(to) !== text; i++)
      to = name.replace('.md', `-${i}.md`);
    if (this.known.get(to)?.has(text) !== true) this.know(to, text, 'written');
    this.files.set(to, text);
    this.home.delete(name);
  }

  private know(name: string, text: string, how: 'written' | 'agreed'): void {
    this.known.set(name, (this.known.get(name) ?? new Map()).set(text, how));
  }

  people(): [string, string, boolean][] {
    const names = [...new Set([...this.home.keys(), ...this.files.keys()])].sort();
    return names.map((name) => [
      `project/${name}`,
      this.home.get(name) ?? this.files.get(name) ?? '',
      this.isAgreed(name),
    ]);
  }
}

/** The same numbers for the same seed (mulberry32). */
function dice(seed: number): (sides: number) => number {
  let a = seed;
  return (sides) => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % sides;
  };
}

const isLong = process.env.COWORK_SOAK !== undefined;
const codeOf = (work: Promise<unknown>): Promise<string | undefined> =>
  work.then(
    () => undefined,
    (error: { code?: string }) => error.code ?? String(error),
  );

describe('notes of a project, whoever does what in which order', () => {
  it.each(Array.from({ length: isLong ? 200 : 4 }, (_, i) => i + 1))(
    'are as a model of them (seed %i)',
    async (seed) => {
      const { top, home, project, files } = place();
      const faults = injectFaults(top, Number.POSITIVE_INFINITY, 'error'); // without real syncs
      try {
        const model = new Model();
        const roll = dice(seed);
        const names = ['a.md', 'b.md', 'c.md'];
        const texts = ['one\n', 'two\n', 'three\n'];
        const pick = <T>(from: readonly T[]): T => from[roll(from.length)] as T; // within
        for (let step = 0; step < 60; step++) {
          const [name, text] = [pick(names), pick(texts)];
          const [agents, people] = [openMemory(home, project), openMemory(home, project, 'people')];
          const at = `project/${name}`;
          const write = (to: string | null, by: typeof ada | typeof user) =>
            codeOf((by === ada ? agents : people).change(at, by, () => to));
          const acts: [weight: number, what: string, act: () => Promise<unknown>, same: () => unknown][] = [
            [5, 'agent writes', () => write(text, ada), () => model.change(name, text, true)],
            [2, 'agent deletes', () => write(null, ada), () => model.change(name, null, true)],
            [3, 'user writes', () => write(text, user), () => model.change(name, text, false)],
            [1, 'user deletes', () => write(null, user), () => model.change(name, null, false)],
            [
              4,
              'hand',
              async () => {
                if (!model.hasFolder) return;
                mkdirSync(files, { recursive: true });
                writeFileSync(join(files, name), text);
              },
              () => void (model.hasFolder && model.files.set(name, text)),
            ],
            [
              1,
              'hand deletes',
              async () => model.hasFolder && rmSync(join(files, name), { force: true }),
              () => void (model.hasFolder && model.files.delete(name)),
            ],
            [
              3,
              'agree',
              () => {
                const shown = people.list().find(({ place: each }) => each === at);
                return codeOf(people.agree(at, shown?.revision ?? 'none'));
              },
              () => model.agree(name),
            ],
            [1, 'withdraw', () => codeOf(people.withdraw()), () => model.withdraw()],
            [1, 'move', () => codeOf(people.move()), () => model.move()],
          ];
          const [, what, act, same] = pick(
            acts.flatMap((each) => Array.from({ length: each[0] }, () => each)),
          );
          const outcome = await act();
          const expected = same();
          const said = `step ${step}: ${what} ${name} ${text}`;
          if (!what.startsWith('hand')) expect(outcome, said).toBe(expected);
          const all = openMemory(home, project, 'people').list();
          expect(
            all.map(({ place: each, text: is, isAgreed }) => [each, is, isAgreed]),
            said,
          ).toEqual(model.people());
          const seen = openMemory(home, project).list();
          expect(
            seen.map(({ place: each, text: is }) => [each, is]),
            said,
          ).toEqual(model.people().flatMap(([each, is, isAgreed]) => (isAgreed ? [[each, is]] : [])));
        }
      } finally {
        faults.restore();
        rmSync(top, { recursive: true, force: true });
      }
    },
  );

  it('lose no line of writers that change one note at the same time', async () => {
    const { top, home, project } = place();
    mkdirSync(join(project, '.cowork'));
    const lines = Array.from({ length: 8 }, (_, i) => `line ${i}`);
    const faults = injectFaults(top, Number.POSITIVE_INFINITY, 'error'); // without real syncs
    // Whoever waits too long for its turn is told so, and comes again, as an agent would.
    const add = async (line: string): Promise<void> => {
      const change = openMemory(home, project).change(
        'project/a.md',
        ada,
        (now) => `${now?.text ?? ''}${line}\n`,
      );
      const refusal = await codeOf(change);
      if (refusal === 'LOCK_TIMEOUT') return add(line);
      expect(refusal).toBeUndefined();
    };
    await Promise.all(lines.map(add)).finally(() => faults.restore());
    const { text } = openMemory(home, project).read('project/a.md');
    expect(text.trim().split('\n').sort()).toEqual(lines.toSorted());
  });
});

interface Step {
  name: string;
  make(memory: ReturnType<typeof openMemory>): Promise<unknown>;
  /** What each note may be when it is not known whether this was done: null is gone. */
  leaves: Record<string, (string | null)[]>;
}

const STEPS: Step[] = [
  {
    name: 'new',
    make: (memory) => memory.change('project/new.md', ada, () => 'New.\n'),
    leaves: { 'new.md': [null, 'New.\n'] },
  },
  {
    name: 'replace',
    make: (memory) => memory.change('project/new.md', ada, () => 'Newer.\n'),
    leaves: { 'new.md': ['New.\n', 'Newer.\n'] },
  },
  {
    name: 'move',
    make: (memory) => memory.move(),
    leaves: { 'old.md': ['Old.\n'], 'older.md': ['Older.\n'] },
  },
  {
    name: 'delete',
    make: (memory) => memory.change('project/old.md', user, () => null),
    leaves: { 'old.md': ['Old.\n', null] },
  },
];

async function runWith(fault: Fault, nth: number): Promise<number> {
  const { top, home, project, files } = place();
  for (const name of ['old', 'older'])
    await openMemory(home, project).change(
      `project/${name}.md`,
      ada,
      () => `${name[0]?.toUpperCase()}${name.slice(1)}.\n`,
    );
  mkdirSync(join(project, '.cowork'));
  const may = new Map<string, (string | null)[]>([
    ['new.md', [null]],
    ['old.md', ['Old.\n']],
    ['older.md', ['Older.\n']],
  ]);
  const faults = injectFaults(top, nth, fault);
  for (const { make, leaves } of STEPS) {
    if (faults.isDead) break;
    const done = await codeOf(make(openMemory(home, project, 'people')));
    // Acknowledged, it is done; else it is the one or the other.
    const isDone = done === undefined && !faults.isDead;
    for (const [name, texts] of Object.entries(leaves))
      may.set(name, isDone ? texts.slice(-1) : [...(may.get(name) ?? []), ...texts]);
  }
  faults.restore();
  const check = () => {
    const seen = new Map(
      openMemory(home, project)
        .list()
        .map(({ name, text }) => [name, text]),
    );
    for (const [name, texts] of may) expect(texts, name).toContain(seen.get(name) ?? null);
    expect(openMemory(home, project, 'people').waiting()).toEqual([]);
  };
  check();
  // The dead has no turn any more; whoever writes next finds no litter, or takes it away.
  for (const shelf of readdirSync(join(home, 'memory', 'projects')))
    rmSync(join(home, 'memory', 'projects', shelf, 'writers.jsonl'), { force: true });
  const quick = injectFaults(top, Number.POSITIVE_INFINITY, 'error');
  try {
    const next = openMemory(home, project, 'people');
    await next.change('project/next.md', ada, () => 'Next.\n');
    await next.move();
  } finally {
    quick.restore();
  }
  check();
  expect(readdirSync(files).filter((name) => !/^(new|old|older|next)\.md$/.test(name))).toEqual([]);
  expect(
    openMemory(home, project, 'people')
      .list()
      .map(({ where }) => where),
  ).not.toContain('home');
  rmSync(top, { recursive: true, force: true });
  return faults.count;
}

const STRIDE = isLong ? 1 : 31;

describe('a fault at any operation on a file while notes of a project are written, replaced, moved and deleted', () => {
  it.each(FAULTS)(
    '(%s) leaves the old or the new text, for agents to see, and no litter after the next writer',
    async (fault) => {
      const operations = await runWith(fault, Number.POSITIVE_INFINITY);
      expect(operations).toBeGreaterThan(100);
      for (let nth = 1 + ((FAULTS.indexOf(fault) * 5) % STRIDE); nth <= operations; nth += STRIDE) {
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
