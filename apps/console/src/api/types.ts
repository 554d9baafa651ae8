import type { paths } from '../generated/openapi.js';

type Answered<Operation> = Operation extends { responses: { 200: { content: { 'application/json': infer Body } } } }
  ? Body
  : never;
type Read<Path extends keyof paths> = Answered<paths[Path]['get']>;
type ItemOf<List> = List extends { items: (infer Item)[] } ? Item : never;

export type ApiKey = ItemOf<Read<'/v1/api-keys'>>;
export type AuditEntry = ItemOf<Read<'/v1/audit'>>;
export type Challenge = ItemOf<Read<'/v1/challenges'>>;
export type ChallengeTrace = Read<'/v1/challenges/{id}/trace'>;
export type Credential = Extract<Read<'/vault'>, unknown[]>[number];
export type Delivery = ItemOf<Read<'/v1/deliveries'>>;
export type ForwardingRule = ItemOf<Read<'/v1/forwarding-rules'>>;
export type FullMessage = Read<'/v1/messages/{id}'>;
export type Message = ItemOf<Read<'/v1/messages'>>;
export type OtpSecret = ItemOf<Read<'/v1/otp-secrets'>>;
export type PhoneNumber = ItemOf<Read<'/v1/phone-numbers'>>;
export type DataKey = Read<'/v1/data-keys'>['items'][number];
export type Forward = ItemOf<Read<'/v1/forwarding-rules/{id}/forwards'>>;
export type InboundPolicy = Read<'/v1/credentials/{credential_id}/inbound-policy'>;
export type Seat = ItemOf<Read<'/v1/seats'>>;
export type SeatSignIn = ItemOf<Read<'/v1/seat-sign-ins'>>;
export type Statistics = Read<'/v1/stats'>;
export type WebhookEndpoint = ItemOf<Read<'/v1/webhook-endpoints'>>;
export type Workspace = Read<'/v1/settings'>;
