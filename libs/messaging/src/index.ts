/** What the parts of one process share: Redis, names of keys, sealing. */
export { Messaging, type MessagingOptions } from './messaging.js';
export { MessagingModule } from './messaging-module.js';

/** Asking: `RpcClient.call(contract, payload)`, `RpcClient.emit(contract, payload)`. */
export { type CallOptions, RpcClient, type RpcClientOptions } from './rpc-client.js';
export type { CallOutcome } from './pending-call.js';

/** Answering: `@Rpc(contract)` and `@OnEvent(contract)` on methods of controllers, served by `RedisRpcServer`. */
export { OnEvent, redisTransport, Rpc } from './rpc-decorators.js';
export { RpcContext } from './rpc-context.js';
export { RedisRpcServer, type RpcServerOptions } from './rpc-server.js';
export type { RequestOutcome } from './request-desk.js';
export { BootCheckError } from './boot-check.js';
