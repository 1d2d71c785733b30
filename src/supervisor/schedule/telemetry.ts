import { endpointOf, openExporters } from '../../team/telemetry.ts';

/** What the scheduler tells the endpoint of its owner. */
export interface ScheduleTelemetry extends AsyncDisposable {
  /** Hears what the scheduler logs, and counts the steps of runs. */
  note(event: string, fields: Record<string, unknown>): void;
}

/**
 * Opens the telemetry of schedules: counts of what was fired, missed, attempted, refused, started, skipped and ended, by schedule, and a span for each run that
 * has ended, from when it was due. Names, codes, times and money; no job, summary or reason.
 */
export async function openScheduleTelemetry(of: {
  home: string;
  onTrouble: (reason: string) => void;
}): Promise<ScheduleTelemetry> {
  const settings = endpointOf(of);
  if (settings === undefined) return { note: () => {}, [Symbol.asyncDispose]: async () => {} };
  const exporters = await openExporters(settings, {
    attributes: { 'cowork.role': 'scheduler' },
    onTrouble: of.onTrouble,
  });
  const { api, tracer, meter } = exporters;
  const steps = meter.createCounter('cowork.schedule.steps');
  const missed = meter.createCounter('cowork.schedule.missed');
  const teams = new Map<string, string>();
  return {
    note: (event, { schedule, due, team, missed: unseen, code, outcome, costUsd }) => {
      const step = /^run_([a-z]+)$/.exec(event)?.[1];
      if (step === undefined || typeof schedule !== 'string') return;
      const of = { 'cowork.schedule': schedule };
      const how = outcome ?? code;
      steps.add(1, { ...of, step, ...(typeof how === 'string' ? { result: how } : {}) });
      if (typeof unseen === 'number' && unseen > 0) missed.add(unseen, of);
      const run = `${schedule}/${due}`;
      if (typeof team === 'string') teams.set(run, team);
      if (step !== 'ended' && step !== 'skipped') return;
      const span = tracer.startSpan(`run ${step}`, {
        startTime: new Date(String(due)),
        attributes: {
          ...of,
          'cowork.team': teams.get(run) ?? '',
          'cowork.outcome': String(outcome ?? step),
          'cowork.cost': Number(costUsd ?? 0),
        },
      });
      teams.delete(run);
      if (step === 'ended' && outcome !== 'done')
        span.setStatus({ code: api.SpanStatusCode.ERROR, message: String(outcome) });
      span.end();
    },
    [Symbol.asyncDispose]: exporters[Symbol.asyncDispose],
  };
}
