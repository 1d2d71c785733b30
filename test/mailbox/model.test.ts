import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Inbox, Mailbox } from '../../src/mailbox/mailbox.ts';
import { openMailbox } from '../../src/mailbox/mailbox.ts';
import type { Message, MessageState } from '../../src/protocol/message.ts';
import { type Member, startCrew } from '../store/support/crew.ts';
import { temporaryFolder } from '../support/temporary.ts';

/** A mailbox as plainly as it can be said. */
class ModelMailbox {
  inboxes = new Map<
    string,
    { from: string; key: string | null; text: string; state: MessageState; isLost: boolean }[]
  >();

  of(agent: string) {
    const inbox = this.inboxes.get(agent) ?? [];
    this.inboxes.set(agent, inbox);
    return inbox;
  }
  send(from: string, to: string, key: string | null, text: string): void {
    const inbox = this.of(to);
    if (key !== null && inbox.some((message) => message.from === from && message.key === key)) return;
    inbox.push({ from, key, text, state: 'queued', isLost: false });
  }
  mark(agent: string, n: number, to: 'delivered' | 'seen' | 'acked'): void {
    const order = ['queued', 'delivered', 'seen', 'acked'];
    const message = this.of(agent)[n];
    if (message && order.indexOf(to) > order.indexOf(message.state)) message.state = to;
  }
  stop(agent: string): void {
    for (const message of this.of(agent)) message.isLost = true;
  }
  start(agent: string): void {
    for (const message of this.of(agent)) message.isLost = false;
  }
  show(agent: string) {
    return this.of(agent).map(({ from, text, state, isLost }) => {
      const isOver = isLost && (state === 'queued' || state === 'delivered');
      return [from, text, isOver ? 'undeliverable' : state];
    });
  }
}

interface Real {
  crew: Member[];
  dir: string;
}
type Command = fc.AsyncCommand<ModelMailbox, Real>;

const command = (
  says: string,
  model: (m: ModelMailbox) => void,
  run: (real: Real, m: ModelMailbox) => Promise<void>,
): Command => ({
  check: () => true,
  toString: () => says,
  run: async (m, real) => {
    await run(real, m);
    model(m);
  },
});
const mailboxOf = ({ crew }: Real, who: number) => (crew[who] as Member).as<Mailbox>('mailbox'); // 0 to 2
/** The keeper of an inbox: one process each, as in a team. */
const inboxOf = ({ crew }: Real, agent: string) => (crew[agent === 'bob' ? 0 : 1] as Member).as<Inbox>(agent);

const who = fc.nat(2);
const to = fc.constantFrom('bob', 'cy');
const from = fc.constantFrom('ann', 'user');
const key = fc.option(fc.constantFrom('k1', 'k2', 'k3'));
const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 300 });

const commands = [
  fc.tuple(who, from, to, key, text).map(([w, f, t, k, said]) =>
    command(
      `${f} → ${t} by ${w} ${k}`,
      (m) => m.send(f, t, k, said),
      async (real) => {
        const keyed = k === null ? {} : { key: k };
        await mailboxOf(real, w).send({ from: f, to: t, text: said, incarnation: 1, ...keyed });
      },
    ),
  ),
  fc.tuple(who, from, key, text).map(([w, f, k, said]) =>
    command(
      `${f} → all by ${w} ${k}`,
      (m) => {
        for (const t of ['bob', 'cy']) m.send(f, t, k, said);
      },
      async (real) => {
        const keyed = k === null ? {} : { key: k };
        await mailboxOf(real, w).broadcast({
          from: f,
          recipients: ['bob', 'cy'],
          text: said,
          incarnation: 1,
          ...keyed,
        });
      },
    ),
  ),
  fc
    .tuple(to, fc.nat(20), fc.constantFrom('delivered' as const, 'seen' as const, 'acked' as const))
    .map(([t, n, step]) =>
      command(
        `${t} marks ${n} ${step}`,
        (m) => m.mark(t, n, step),
        async (real) => {
          const inbox = inboxOf(real, t);
          await inbox.read();
          const shown = (await mailboxOf(real, 2).log({ agent: t }))[n] as Message | undefined;
          if (shown !== undefined) await inbox.mark(step, [shown.seq]);
        },
      ),
    ),
  fc.tuple(who, to).map(([w, t]) =>
    command(
      `${t} is stopped`,
      (m) => m.stop(t),
      (real) => mailboxOf(real, w).markUndeliverable({ agent: t, reason: 'r' }),
    ),
  ),
  fc.tuple(who, to).map(([w, t]) =>
    command(
      `${t} is back`,
      (m) => m.start(t),
      (real) => mailboxOf(real, w).markDeliverable({ agent: t }),
    ),
  ),
  fc.tuple(who).map(([w]) =>
    command(
      `${w} compacts`,
      () => {},
      (real) => mailboxOf(real, w).compact(),
    ),
  ),
  fc.tuple(who, fc.nat(6)).map(([w, last]) =>
    command(
      `${w} looks at the last ${last}`,
      () => {},
      async (real, m) => {
        const found = await mailboxOf(real, w).log({ agent: 'bob', last });
        expect(found.map(({ text: said }) => said)).toEqual(
          last === 0
            ? []
            : m
                .show('bob')
                .map(([, said]) => said)
                .slice(-last),
        );
        const unread = m.show('bob').filter(([, , state]) => state === 'queued' || state === 'delivered');
        expect(await mailboxOf(real, w).unread('bob')).toBe(unread.length);
      },
    ),
  ),
];

it('the mailbox behaves as one that is worked out plainly, whichever of three processes acts, in many segments', async () => {
  const crew = await startCrew(3, 1200);
  await fc.assert(
    fc.asyncProperty(fc.commands(commands, { maxCommands: 60, size: 'max' }), async (steps) => {
      const dir = await temporaryFolder();
      await Promise.all(crew.map((member) => member.open(dir)));
      const model = new ModelMailbox();
      await fc.asyncModelRun(() => ({ model, real: { crew, dir } }), steps);
      for (const agent of ['bob', 'cy']) {
        // From the start, and by a process that begins now, from the newest base.
        const shown = (await openMailbox(dir).log({ agent })).map(({ from: f, text: t, state }) => [
          f,
          t,
          state,
        ]);
        expect(shown).toEqual(model.show(agent));
        expect((await openMailbox(dir).log({ agent, last: 3 })).map(({ text: t }) => t)).toEqual(
          model
            .show(agent)
            .map(([, t]) => t)
            .slice(-3),
        );
      }
    }),
    { numRuns: 12 },
  );
}, 120_000);
