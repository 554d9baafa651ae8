/** For the specs of services: a redis-server of their own, and waiting without sleeping. */
export { RedisServer, type RedisServerOptions } from './redis-server.js';
export { until } from './until.js';
