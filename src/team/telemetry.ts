import { createHash, randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from '../protocol/log-events.ts';
import { readSettings, type Settings } from './settings.ts';

/** What a process tells the endpoint of its owner. */
export interface Telemetry extends AsyncDisposable {
  /** Hears what is logged, and makes spans and numbers of it. */
  note: Log;
}

/** Which process tells. */
export interface Teller {
  team: string;
  /** When the team was made; with its name, what its trace is known by. */
  created: string;
  agent?: string;
  incarnation?: number;
}

/** Numbers of a team, by name and one attribute; asked for before each export. */
export type Figures = () => Promise<{ name: string; values: Record<string, number>; by: string }[]>;

/** How long the end of a process waits for what is still to be sent, in milliseconds. */
const END_MS = 3_000;
const EXPORT_MS = 5_000;
const USUAL_SECONDS = 60;

const NONE: Telemetry = { note: () => {}, [Symbol.asyncDispose]: async () => {} };

/**
 * Opens the telemetry that the owner has set in `settings.json`; without that, nothing is loaded and nothing is sent. Sends names, states, numbers and
 * times, never a text. An endpoint that does not answer holds up nothing; `onTrouble` hears of it once.
 */
export async function openTelemetry(of: {
  home: string;
  teller: Teller;
  figures?: Figures;
  onTrouble: (reason: string) => void;
}): Promise<Telemetry> {
  const telemetry = endpointOf(of);
  return telemetry === undefined ? NONE : start(telemetry, of);
}

/** Where the owner wants to be told; settings that are wrong stop nobody. */
export function endpointOf(of: { home: string; onTrouble: (reason: string) => void }): Settings['telemetry'] {
  try {
    return readSettings(of.home).telemetry;
  } catch (error) {
    of.onTrouble(String(error));
    return undefined;
  }
}

/** What sends traces and metrics; its end waits a moment for the last of them. */
export interface Exporters extends AsyncDisposable {
  api: Api;
  tracer: import('@opentelemetry/api').Tracer;
  meter: import('@opentelemetry/api').Meter;
}

/** Loads what speaks to the endpoint. `ids` makes ids of spans and traces in place of chance. */
export async function openExporters(
  { endpoint, headers = {}, seconds = USUAL_SECONDS }: NonNullable<Settings['telemetry']>,
  of: {
    attributes: Record<string, string>;
    ids?: ReturnType<typeof firstFixed>;
    onTrouble: (reason: string) => void;
  },
): Promise<Exporters> {
  const [api, traces, metrics, { resourceFromAttributes }, { OTLPTraceExporter }, { OTLPMetricExporter }] =
    await Promise.all([
      import('@opentelemetry/api'),
      import('@opentelemetry/sdk-trace'),
      import('@opentelemetry/sdk-metrics'),
      import('@opentelemetry/resources'),
      import('@opentelemetry/exporter-trace-otlp-http'),
      import('@opentelemetry/exporter-metrics-otlp-http'),
    ]);
  tellOnce(api, of.onTrouble);
  const to = (signal: string) => ({
    ...{ url: `${endpoint.replace(/\/$/, '')}/v1/${signal}`, headers, timeoutMillis: EXPORT_MS },
  });
  const resource = resourceFromAttributes({ 'service.name': 'cowork', ...of.attributes });
  const tracing = new traces.TracerProvider({
    resource,
    ...(of.ids === undefined ? {} : { idGenerator: of.ids }),
    spanProcessors: [
      new traces.BatchSpanProcessor({
        exporter: new OTLPTraceExporter(to('traces')),
        scheduledDelayMillis: seconds * 1_000,
        exportTimeoutMillis: EXPORT_MS,
      }),
    ],
  });
  const metering = new metrics.MeterProvider({
    resource,
    readers: [
      new metrics.PeriodicExportingMetricReader({
        exporter: new OTLPMetricExporter(to('metrics')),
        exportIntervalMillis: Math.max(seconds * 1_000, EXPORT_MS),
        exportTimeoutMillis: EXPORT_MS,
      }),
    ],
  });
  return {
    ...{ api, tracer: tracing.getTracer('cowork'), meter: metering.getMeter('cowork') },
    [Symbol.asyncDispose]: async () => {
      const sent = Promise.allSettled([tracing.shutdown(), metering.shutdown()]);
      await Promise.race([sent, delay(END_MS, undefined, { ref: false })]);
    },
  };
}

async function start(
  settings: NonNullable<Settings['telemetry']>,
  { teller, figures, onTrouble }: Parameters<typeof openTelemetry>[0],
): Promise<Telemetry> {
  const ids = idsOf(teller);
  const isTeam = teller.agent === undefined;
  const exporters = await openExporters(settings, {
    attributes: {
      'cowork.team': teller.team,
      ...(teller.agent === undefined ? {} : { 'cowork.agent': teller.agent }),
    },
    // The span of the team is the one that those of its agents name as their parent.
    ...(isTeam ? { ids: firstFixed(ids) } : {}),
    onTrouble,
  });
  const { api, tracer, meter } = exporters;
  if (figures !== undefined) observe(meter, figures);
  const requests = meter.createHistogram('cowork.gate.duration', { unit: 'ms' });
  const parent = api.trace.setSpanContext(api.ROOT_CONTEXT, { ...ids, traceFlags: 1, isRemote: true });
  const own = isTeam
    ? tracer.startSpan('team', { startTime: new Date(teller.created) }, api.ROOT_CONTEXT)
    : tracer.startSpan('agent', { attributes: { 'cowork.incarnation': teller.incarnation ?? 0 } }, parent);
  const below = api.trace.setSpan(api.ROOT_CONTEXT, own);
  return {
    note: (event, fields) => {
      if (event !== 'gate') {
        own.addEvent(event);
        if (event === 'keeper_ended' && fields.how !== 'stopped')
          own.setStatus({ code: api.SpanStatusCode.ERROR, message: String(fields.how) });
        return;
      }
      const { status, ms } = fields;
      const attributes = { 'http.route': routeOf(fields), 'http.response.status_code': Number(status) };
      requests.record(Number(ms), attributes);
      const end = Date.now();
      const span = tracer.startSpan(
        attributes['http.route'],
        { attributes, startTime: end - Number(ms) },
        below,
      );
      if (Number(status) >= 500) span.setStatus({ code: api.SpanStatusCode.ERROR });
      span.end(end);
    },
    [Symbol.asyncDispose]: async () => {
      own.end();
      await exporters[Symbol.asyncDispose]();
    },
  };
}

type Api = typeof import('@opentelemetry/api');

function tellOnce({ diag, DiagLogLevel }: Api, onTrouble: (reason: string) => void): void {
  let isTold = false;
  const error = (message: string): void => {
    if (!isTold) onTrouble(message.slice(0, 300));
    isTold = true;
  };
  const nothing = (): void => {};
  const logger = { error, warn: nothing, info: nothing, debug: nothing, verbose: nothing };
  diag.setLogger(logger, { logLevel: DiagLogLevel.ERROR, suppressOverrideMessage: true });
}

function observe(meter: import('@opentelemetry/api').Meter, figures: Figures): void {
  const gauges = new Map<string, import('@opentelemetry/api').ObservableGauge>();
  // Made before the first export, so that it has them.
  const names = [
    'cowork.tasks',
    'cowork.agents',
    'cowork.tokens',
    'cowork.cost',
    'cowork.alerts',
    'cowork.requests.open',
  ];
  for (const name of names) gauges.set(name, meter.createObservableGauge(name));
  meter.addBatchObservableCallback(
    async (result) => {
      for (const { name, values, by } of await figures()) {
        const gauge = gauges.get(name);
        for (const [value, number] of Object.entries(values))
          if (gauge !== undefined) result.observe(gauge, number, by === '' ? {} : { [by]: value });
      }
    },
    [...gauges.values()],
  );
}

/** The ids of the trace of a team and of its first span: the same in all of its processes. */
function idsOf({ team, created }: Teller): { traceId: string; spanId: string } {
  const hash = createHash('sha256').update(`${team}\n${created}`).digest('hex');
  return { traceId: hash.slice(0, 32), spanId: hash.slice(32, 48) };
}

function firstFixed({ traceId, spanId }: { traceId: string; spanId: string }) {
  let isFirst = true;
  return {
    generateTraceId: () => traceId,
    generateSpanId: () => {
      const id = isFirst ? spanId : randomBytes(8).toString('hex');
      isFirst = false;
      return id;
    },
  };
}

/** The route of a request: paths are the guest's to make up, so what is no known form is one route. */
function routeOf({ method, path, status }: Record<string, unknown>): string {
  if (method === 'CONNECT') return 'connect';
  if (status === 404) return 'unknown';
  return /^(\/[a-z0-9_-]{1,40}){1,2}(?=\/|\?|$)/.exec(String(path))?.[0] ?? 'other';
}
