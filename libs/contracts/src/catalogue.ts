import type { EventContract, RpcContract } from './rpc.js';
import type { QueueContract } from './queues.js';
import * as challenges from './dispatcher/challenges.js';
import * as deliveries from './dispatcher/deliveries.js';
import * as events from './dispatcher/events.js';
import * as forwardingConfirmation from './dispatcher/forwarding-confirmation.js';
import * as forwardingRules from './dispatcher/forwarding-rules.js';
import * as deposited from './dispatcher/received-codes.js';
import * as statistics from './dispatcher/statistics.js';
import * as webhookEndpoints from './dispatcher/webhook-endpoints.js';
import * as apiKeys from './vault/api-keys.js';
import * as audit from './vault/audit.js';
import * as challengeCodes from './vault/challenge-codes.js';
import * as credentials from './vault/credentials.js';
import * as deposits from './vault/deposits.js';
import * as inboundPolicy from './vault/inbound-policy.js';
import * as inboxes from './vault/inboxes.js';
import * as keys from './vault/keys.js';
import * as messages from './vault/messages.js';
import * as otpSecrets from './vault/otp-secrets.js';
import * as phoneNumbers from './vault/phone-numbers.js';
import * as receivedCodes from './vault/received-codes.js';
import * as seatSignIns from './vault/seat-sign-ins.js';
import * as webhookSecrets from './vault/webhook-secrets.js';
import * as workspaces from './vault/workspaces.js';

const declarations = [
  apiKeys,
  audit,
  challengeCodes,
  challenges,
  credentials,
  deliveries,
  deposited,
  deposits,
  events,
  forwardingConfirmation,
  forwardingRules,
  inboundPolicy,
  inboxes,
  keys,
  messages,
  otpSecrets,
  phoneNumbers,
  receivedCodes,
  seatSignIns,
  statistics,
  webhookEndpoints,
  webhookSecrets,
  workspaces,
].flatMap((module) => Object.values<unknown>(module));

/** Everything that is declared: at start, each service checks that it has exactly one handler for each of its own. */
export const rpcContracts: readonly RpcContract[] = declarations.filter(ofKind<RpcContract>('rpc'));
export const eventContracts: readonly EventContract[] = declarations.filter(ofKind<EventContract>('event'));
export const queueContracts: readonly QueueContract[] = declarations.filter(ofKind<QueueContract>('queue'));

function ofKind<Contract extends { kind: string }>(kind: Contract['kind']) {
  return (value: unknown): value is Contract =>
    typeof value === 'object' && value !== null && 'kind' in value && value.kind === kind;
}
