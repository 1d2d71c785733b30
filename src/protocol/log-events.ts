/**
 * Every event that keepers, supervisors and schedulers log, and what it says. The names are fixed: `docs/logs.md` is made of this table, and who
 * reads logs by program may rely on it.
 */
export const LOG_EVENTS = {
  approval_failed: 'a request to the user could not be written',
  at_rest: 'the agent has come back with nothing to do: it has no machine until it is wanted',
  check_gate: 'a request at the gate of a machine in which a push is checked',
  check_step: 'a step of the start of such a machine',
  crashed: 'the process ends by an error that nobody caught',
  edits_failed: 'the record of who writes which file could not be kept',
  egress_log_failed: 'the record of connections could not be kept',
  figures_not_noted: 'what agents used over time could not be noted',
  files: 'something odd at the file server of the grants',
  gate: 'a request of the agent at its gate: method, path, status, milliseconds',
  keeper_ended: 'the keeper ends: how, and why',
  keeper_exists: 'another keeper has this agent already, or its life was ended before it began',
  keeper_failed: 'the keeper met an error that ends this life of the agent',
  left_checks: 'what a killed check left could not be cleared',
  left_undone: 'a supervisor that was asked to end leaves agents that have not ended',
  lock_reaped: 'the lock of a dead process was taken away',
  machine_started: 'the machine of the agent is there: how, and how long it took',
  merge_failed: 'the merge queue of a repository met an error',
  options_unreadable: 'what the user has set for plugins could not be read; their hooks go without',
  queue: 'something happened in the merge queue: pushed, merged, given back, published',
  report: 'the report of a finished job was made, where, or why not',
  rest: 'the machine was paused or woken, or could not be',
  round_failed: 'a round of the supervisor met an error; the next one comes',
  run_attempted: 'a scheduled run is launched',
  run_ended: 'a scheduled run has ended: with what',
  run_fired: 'a schedule is due',
  run_not_noted: 'what became of a scheduled run could not be written',
  run_refused: 'a scheduled run could not be launched',
  run_skipped: 'a scheduled run is left out: why',
  run_started: 'a scheduled run has its team',
  schedule_failed: 'a schedule could not be looked after',
  scheduler_exists: 'another scheduler is there already',
  servers_failed: 'the MCP servers of the agent could not be started',
  slept: 'the machine slept, or its clock was set',
  standby: 'a keeper stands by, was taken, or is gone',
  standby_failed: 'a keeper that should stand by could not',
  start_step: 'a step of the start of the agent',
  store_failed: 'the files or the server of the team could not be read or written',
  supervisor_exists: 'another supervisor has this team already',
  telemetry_failed: 'what the owner wants to hear could not be sent; told once',
  woken: 'the agent was at rest and is wanted: why',
} as const;

export type LogEvent = keyof typeof LOG_EVENTS;

/** Writes one line of a log. */
export type Log = (event: LogEvent, fields: Record<string, unknown>) => void;
