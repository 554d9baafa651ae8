export { ConfigError, environmentExample, loadConfig } from './config.js';
export type { ServiceConfig } from './config.js';
export { createLogger, describeError, nestLogger } from './logging.js';
export type { LogFields, Logger, LoggerOptions } from './logging.js';
export { HealthController, Readiness } from './health.js';
export type { ReadinessCheck } from './health.js';
export { metrics, MetricsController, startProcessMetrics } from './metrics.js';
export { runService } from './service.js';
export type { ServiceContext, ServiceParts } from './service.js';
