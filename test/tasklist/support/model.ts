import type { TaskState } from '../../../src/protocol/task.ts';

/** A task list as plainly as it can be said: no journal, no index, all worked out anew each time. */
export class ModelList {
  tasks: {
    deps: string[];
    reserved: string | null;
    end: 'completed' | 'failed' | 'cancelled' | null;
    holder: string | null;
    isInReview: boolean;
    needs: string[];
    /** Whether evidence was given that shows it. */
    isProven: boolean;
  }[] = [];
  over = new Map<string, number>();

  find(id: string) {
    return this.tasks[Number(id.slice(1)) - 1];
  }

  state(id: string): TaskState {
    const task = this.find(id);
    if (!task) throw new Error(`no ${id}`);
    if (task.end) return task.end;
    if (task.isInReview) return 'review';
    if (task.holder) return 'in_progress';
    return task.deps.every((dep) => this.find(dep)?.end === 'completed') ? 'pending' : 'blocked';
  }

  owner(id: string): string | null {
    const task = this.find(id);
    return task?.holder?.split('#')[0] ?? task?.reserved ?? null;
  }

  isStale(by: string, incarnation: number): boolean {
    return incarnation <= (this.over.get(by) ?? 0);
  }

  create(deps: string[], reserved: string | null, needs: string[] = []): boolean {
    if (deps.some((dep) => !this.find(dep))) return false;
    this.tasks.push({
      ...{ deps, reserved, end: null, holder: null, isInReview: false, needs, isProven: false },
    });
    return true;
  }

  claim(by: string, incarnation: number, id: string | undefined): string | null {
    if (this.isStale(by, incarnation)) return null;
    const me = `${by}#${incarnation}`;
    const may = (each: string) => this.state(each) === 'pending' && [null, by].includes(this.owner(each));
    const ids = this.tasks.map((_, i) => `t${i + 1}`);
    const got = id ?? ids.find(may);
    const task = got === undefined ? undefined : this.find(got);
    if (!got || !task) return null;
    if (this.state(got) === 'in_progress' && task.holder === me) return got;
    if (!may(got)) return null;
    task.holder = me;
    return got;
  }

  update(
    by: string,
    incarnation: number,
    id: string,
    to: 'completed' | 'failed' | 'review' | 'pending',
    proves = false,
  ): boolean {
    const task = this.find(id);
    if (!task || this.isStale(by, incarnation)) return false;
    const mine = task.holder === `${by}#${incarnation}`;
    if (mine && this.state(id) === to && (!proves || task.isProven)) return true;
    const from = this.state(id);
    if (from !== 'in_progress' && from !== 'review') return false;
    if (to === 'review' && from === 'review') return false;
    const judges =
      from === 'review' &&
      task.needs.includes('review') &&
      task.holder?.split('#')[0] !== by &&
      to !== 'pending';
    if (!mine && !judges) return false;
    if (to === 'completed' || to === 'review') {
      if (task.needs.includes('evidence') && !task.isProven && !proves) return false;
      if (to === 'completed' && task.needs.includes('review') && !judges) return false;
    }
    task.isProven ||= proves;
    if (to === 'pending') {
      task.holder = null;
      task.isInReview = false;
      if (task.reserved === by) task.reserved = null;
    } else if (to === 'review') task.isInReview = true;
    else {
      task.end = to;
      task.isInReview = false;
    }
    return true;
  }

  release(id: string): boolean {
    const task = this.find(id);
    if (!task || !['in_progress', 'review', 'failed'].includes(this.state(id))) return false;
    Object.assign(task, { end: null, holder: null, isInReview: false, reserved: null });
    return true;
  }

  cancel(id: string): boolean {
    const task = this.find(id);
    if (!task || task.end) return false;
    task.isInReview = false;
    // Whoever waits for it, directly or not, can never begin.
    const waits = (each: string): string[] =>
      this.tasks.flatMap((other, i) =>
        other.deps.includes(each) && this.state(`t${i + 1}`) === 'blocked' ? [`t${i + 1}`] : [],
      );
    task.end = 'cancelled';
    for (let found = waits(id); found.length > 0; ) {
      const next = found.flatMap(waits);
      for (const each of found) Object.assign(this.find(each) ?? {}, { end: 'cancelled' });
      found = next.filter((each) => this.state(each) === 'blocked');
    }
    return true;
  }

  endLife(agent: string, incarnation: number): string[] {
    this.over.set(agent, Math.max(incarnation, this.over.get(agent) ?? 0));
    const freed: string[] = [];
    this.tasks.forEach((task, i) => {
      const [who, life] = task.holder?.split('#') ?? [];
      if (who !== agent || Number(life) > incarnation || this.state(`t${i + 1}`) !== 'in_progress') return;
      task.holder = null;
      freed.push(`t${i + 1}`);
    });
    return freed;
  }
}
