import { Controller, Get, Header } from '@nestjs/common';
import { collectDefaultMetrics, Registry } from 'prom-client';

/** The metrics of this process, in Prometheus' text format. Labels hold route patterns and codes, never ids of a workspace. */
export const metrics = new Registry();

/** Starts the metrics of the process itself (memory, event loop lag, garbage collection). Once per process. */
export function startProcessMetrics(service: string, replica: string): void {
  metrics.setDefaultLabels({ service, replica });
  collectDefaultMetrics({ register: metrics });
}

@Controller()
export class MetricsController {
  @Get('metrics')
  @Header('content-type', Registry.PROMETHEUS_CONTENT_TYPE)
  read(): Promise<string> {
    return metrics.metrics();
  }
}
