import {
  context,
  isSpanContextValid,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context,
  type Span,
  type Tracer,
} from '@opentelemetry/api';

/** What a span is, before it begins. Names and attributes hold patterns, routes and codes, never ids or contents. */
export interface SpanPlan {
  name: string;
  kind: 'server' | 'client' | 'consumer';
  /** Where it belongs, as {@link traceParent} said elsewhere. Default: the span that is running here. */
  parent?: string | undefined;
  attributes?: Attributes;
}

/** A span that begins and ends in different places. */
export interface OpenSpan {
  /** Runs `work` as part of it. */
  within(work: () => void): void;
  end(attributes: Attributes, isFailed: boolean): void;
}

const kinds = { server: SpanKind.SERVER, client: SpanKind.CLIENT, consumer: SpanKind.CONSUMER };
/** W3C Trace Context, section 3.2. */
const traceParentForm = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;
let tracer: Tracer | undefined;

/**
 * Sends spans to an OpenTelemetry collector (OTLP over HTTP). Headers, sampling and batching are set by OpenTelemetry's own variables. The
 * SDK is loaded only here: without an endpoint, tracing costs a comparison.
 * @param endpoint OTEL_EXPORTER_OTLP_ENDPOINT
 * @returns sends what is left, and ends
 */
export async function startTracing(service: string, replica: string, endpoint: string): Promise<() => Promise<void>> {
  const [{ BatchSpanProcessor, NodeTracerProvider }, { OTLPTraceExporter }, { resourceFromAttributes }] =
    await Promise.all([
      import('@opentelemetry/sdk-trace-node'),
      import('@opentelemetry/exporter-trace-otlp-http'),
      import('@opentelemetry/resources'),
    ]);
  const exporter = new OTLPTraceExporter({ url: `${endpoint.replace(/\/+$/, '')}/v1/traces` });
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({
      'service.namespace': 'otpost',
      'service.name': `otpost-${service}`,
      'service.instance.id': replica,
    }),
    spanProcessors: [new BatchSpanProcessor(exporter)],
  });
  provider.register();
  tracer = trace.getTracer('otpost');
  return () => provider.shutdown();
}

/** The running span as a `traceparent` (W3C Trace Context), to be sent along; empty when nothing is traced. */
export function traceParent(): string {
  const span = tracer === undefined ? undefined : trace.getSpanContext(context.active());
  if (span === undefined || !isSpanContextValid(span)) return '';
  return `00-${span.traceId}-${span.spanId}-${span.traceFlags.toString(16).padStart(2, '0')}`;
}

/** Runs `work` as a span. When it rejects, the span has failed, with the error's `code`. */
export async function inSpan<T>(plan: SpanPlan, work: () => Promise<T> | T): Promise<T> {
  if (tracer === undefined) return work();
  const { span, within } = begin(tracer, plan);
  try {
    return await context.with(within, work);
  } catch (error) {
    const { code } = error as { code?: unknown };
    span.setAttribute('otpost.code', typeof code === 'string' ? code : 'internal');
    span.setStatus({ code: SpanStatusCode.ERROR });
    throw error;
  } finally {
    span.end();
  }
}

/** Begins a span; undefined when nothing is traced. */
export function openSpan(plan: SpanPlan): OpenSpan | undefined {
  if (tracer === undefined) return undefined;
  const { span, within } = begin(tracer, plan);
  return {
    within: (work) => context.with(within, work),
    end: (attributes, isFailed) => {
      span.setAttributes(attributes);
      if (isFailed) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end();
    },
  };
}

function begin(tracer: Tracer, { name, kind, parent, attributes = {} }: SpanPlan): { span: Span; within: Context } {
  const under = parent === undefined ? context.active() : contextOf(parent);
  const span = tracer.startSpan(name, { kind: kinds[kind], attributes }, under);
  return { span, within: trace.setSpan(under, span) };
}

/** What is no `traceparent` begins a trace of its own. */
function contextOf(parent: string): Context {
  const [, traceId = '', spanId = '', flags = '00'] = traceParentForm.exec(parent) ?? [];
  const spanContext = { traceId, spanId, traceFlags: parseInt(flags, 16), isRemote: true };
  return trace.setSpanContext(context.active(), spanContext);
}
