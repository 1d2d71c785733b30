import type { ModelRoute } from '../gate/model-route.ts';
import type { Mailbox } from '../mailbox/mailbox.ts';
import { createConversations } from '../model/conversations.ts';
import { governed } from '../model/governor.ts';
import { loopRefusal } from '../model/loops.ts';
import { metered } from '../model/meter.ts';
import { withOptionalFields } from '../model/optional-fields.ts';
import { ownPrices, pricesFile } from '../model/own-prices.ts';
import { costUsd } from '../model/prices.ts';
import type { Upstream } from '../model/upstream.ts';
import { raiseAlert } from '../team/alerts.ts';
import { paceFile } from '../team/paths.ts';
import type { RosterEntry, TeamRecord } from '../team/team.ts';
import { plainText } from '../text/plain.ts';
import { budgeted } from './budget.ts';
import type { Self } from './self.ts';

interface ModelRouteOptions {
  dir: string;
  home: string;
  team: TeamRecord;
  agent: RosterEntry;
  incarnation: number;
  self: Self;
  mailbox: Mailbox;
  upstream: Upstream;
}

/** How an agent's model requests are answered: within its limits, in the team's pace, and counted. */
export function modelRoute(options: ModelRouteOptions): ModelRoute {
  const { dir, home, team, agent, incarnation, self, mailbox, upstream } = options;
  const prices = ownPrices(home);
  const tellLead = async (text: string, key: string): Promise<void> => {
    if (agent.role === 'lead') return;
    await mailbox.send({ from: 'team', to: 'lead', kind: 'notice', text, incarnation: 0, key });
  };
  const answering = withOptionalFields(upstream, (said) => {
    const text = `The model server does not know all settings of replies and is asked without: ${plainText(said).slice(0, 300)}`;
    void raiseAlert(dir, agent.name, 'settings not known', text);
  });
  const paced = governed(answering, { file: paceFile(dir), onWait: (reason) => self.set({ reason }) });
  return {
    upstream: budgeted(paced, {
      dir,
      self,
      onPaused: (why) => tellLead(`${agent.name} is ${why}`, `paused-${agent.name}-${why}`),
    }),
    agent: { team: team.name, name: agent.name, role: agent.role, incarnation },
    conversations: createConversations(),
    guard: (last) => {
      const loop = loopRefusal(last);
      if (loop === undefined) return undefined;
      const text = `${agent.name} made the same call again and again and was stopped: ${loop.call}`;
      void raiseAlert(dir, agent.name, 'loop', text).then(() =>
        tellLead(
          `${text}. It waits; write to it what it should do instead.`,
          `loop-${agent.name}-${self.record.turns}`,
        ),
      );
      return loop.response;
    },
    observe: (response, asked) =>
      metered(response, ({ model, usage }) => {
        // A server may call the model otherwise than the price list does.
        const cost = costUsd(model, usage, prices) ?? costUsd(asked, usage, prices);
        self.addUsage(usage, cost ?? 0);
        if (cost === null) {
          const text = `What ${model ?? asked} costs is not known; it counts as 0. Name its price in ${pricesFile(home)}.`;
          void raiseAlert(dir, agent.name, 'unknown price', text);
        }
      }),
  };
}
