import { LOG_EVENTS } from '../../src/protocol/log-events.ts';
import { table } from './table.mjs';

/** The page of all events that are logged. */
export function logsPage() {
  const rows = Object.entries(LOG_EVENTS).map(([event, means]) => [`\`${event}\``, means]);
  return `# Logs

Made by \`npm run docs\` from \`src/protocol/log-events.ts\`.

Keepers, supervisors and the scheduler log one JSON object a line (pino): \`keeper.log\` of each agent, \`supervisor.log\` of each team, \`schedules/scheduler.log\` ([files](home.md)).
\`level\` and \`time\` (milliseconds) are pino's; \`event\` is one of these, and what a line has besides belongs to its event. \`cowork logs\` shows a keeper's for people.
\`COWORK_LOG_LEVEL\` sets the level. What a process says as it dies may stand there as plain text.

${table(['event', 'says that'], rows)}
`;
}
