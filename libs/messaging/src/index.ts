/** What the parts of one process share: Redis, names of keys, sealing. */
export { Messaging, type MessagingOptions } from './messaging.js';
export { MessagingModule } from './messaging-module.js';

/** Asking: `RpcClient.call(contract, payload)`, `RpcClient.emit(contract, payload)`. */
export { type CallOptions, RpcClient, type RpcClientOptions } from './rpc-client.js';
export type { CallOutcome } from './pending-call.js';
export { RpcClientProxy, type RpcClientProxyOptions } from './rpc-client-proxy.js';

/** Answering: `@Rpc(contract)` and `@OnEvent(contract)` on methods of controllers, served by `RedisRpcServer`. */
export { OnEvent, redisTransport, Rpc } from './rpc-decorators.js';
export { RpcContext } from './rpc-context.js';
export { RedisRpcServer, type RpcServerOptions } from './rpc-server.js';
export { observeRequests } from './observe-requests.js';
export type { RequestOutcome } from './request-desk.js';
export { BootCheckError } from './boot-check.js';

/** Telling every process at once: `Broadcast.publish`, `Broadcast.subscribe`. */
export { Broadcast, type Subscription } from './broadcast.js';

/** Jobs: `JobQueues.add(contract, job)`, and `@JobHandler(contract)` on methods of providers, run by `QueueModule`. */
export { QueueModule, type QueueModuleOptions } from './queue-module.js';
export { type AddOptions, JobQueues } from './job-queues.js';
export { type JobContext, JobHandler, type JobHandlerOptions } from './job-handler.js';
export type { JobOutcome } from './job-worker.js';
export { observeJobs } from './observe-jobs.js';
export { assertIdsOnly } from './job-schema.js';
