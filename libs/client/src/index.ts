/** A client of otpost's HTTP API for Node.js 20 or newer. Types are those of the OpenAPI document. */
export { createClient, type ClientOptions, type OtpostClient } from './client.js';
export type { Challenge, Login, NewChallenge, ReceivedCode, WaitOptions } from './wait-for-code.js';
export type { EventStreamOptions, OtpostEvent } from './event-stream.js';
export { OtpostError, type FieldProblem } from './otpost-error.js';
export type { components, paths } from './generated/openapi.js';
