import { randomBytes, randomInt } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import type { Transaction } from '../database.js';
import { insertCredential, insertOtpSecret, insertWorkspace } from './rows.js';
import type { SeededWorkspace } from './rows.js';

/** One workspace with a row in every tenant table. `tx` is the owner's. */
export async function insertEveryTable(tx: Transaction): Promise<SeededWorkspace> {
  const workspace = await insertWorkspace(tx);
  const { workspaceId, dataKeyId } = workspace;
  const now = new Date();
  const later = new Date(now.getTime() + 600_000);
  const bytes = random(32);

  await tx.apiKey.create({
    data: { id: randomBytes(8).toString('hex'), workspaceId, name: 'key', env: 'test', secretHash: bytes, scopes: [] },
  });
  const credentialId = await insertCredential(tx, workspace);
  await insertOtpSecret(tx, workspace, { credentialId });
  await tx.timeStepLease.create({ data: { fingerprint: bytes, step: 1n, workspaceId, expiresAt: later } });
  const inboxId = uuidv7();
  await tx.inbox.create({ data: { id: inboxId, workspaceId, credentialId } });
  await tx.inboxAddress.create({ data: { localPart: uuidv7(), workspaceId, inboxId } });
  await tx.phoneNumber.create({
    data: {
      id: uuidv7(),
      workspaceId,
      e164: `+1${1_000_000_000 + randomInt(8_000_000_000)}`,
      provider: 'twilio',
      mode: 'dedicated',
      credentialId,
    },
  });
  await tx.receivedCode.create({
    data: {
      id: uuidv7(),
      workspaceId,
      credentialId,
      channel: 'email',
      kind: 'code',
      value: bytes,
      dataKeyId,
      receivedAt: now,
      freshUntil: later,
      wipeDueAt: later,
    },
  });
  await tx.auditEntry.create({
    data: { id: uuidv7(), workspaceId, actorKind: 'service', action: 'test', resourceType: 'test' },
  });
  await tx.auditHead.create({ data: { workspaceId, seq: 0n, hash: bytes } });

  const seatId = uuidv7();
  await tx.seat.create({ data: { id: seatId, workspaceId, email: 'human@example.com' } });
  await tx.seatSignIn.create({ data: { id: seatId, workspaceId, name: `${seatId}@example.com`, scopes: [] } });
  await tx.usageCounter.create({ data: { workspaceId, day: now, metric: 'codes' } });
  await tx.idempotencyRecord.create({
    data: { id: uuidv7(), workspaceId, route: 'POST /x', key: 'k', bodyHmac: bytes, status: 201, expiresAt: later },
  });

  const vaultKeyPairId = await insertVaultKeyPair(tx);
  const inboundMessageId = uuidv7();
  await tx.inboundMessage.create({
    data: {
      id: inboundMessageId,
      workspaceId,
      channel: 'email',
      source: 'smtp',
      dedupeHmac: bytes,
      recipient: 'inbox@example.com',
      sizeBytes: 1,
      vaultKeyPairId,
    },
  });

  const endpointId = uuidv7();
  const eventId = uuidv7();
  const deliveryId = uuidv7();
  const ruleId = uuidv7();
  await tx.challenge.create({
    data: { id: uuidv7(), workspaceId, sessionId: 's', schema: {}, factors: ['email'], since: now, expiresAt: later },
  });
  await tx.event.create({ data: { id: eventId, workspaceId, type: 'test', payload: {} } });
  await tx.webhookEndpoint.create({
    data: { id: endpointId, workspaceId, url: 'https://example.com', secret: bytes, dataKeyId },
  });
  await tx.delivery.create({ data: { id: deliveryId, workspaceId, endpointId, eventId, nextAttemptAt: now } });
  await tx.deliveryAttempt.create({
    data: { id: uuidv7(), workspaceId, deliveryId, startedAt: now, durationMs: 1, success: true, statusCode: 200 },
  });
  await tx.forwardingRule.create({
    data: { id: ruleId, workspaceId, kind: 'email', destination: 'human@example.com' },
  });
  await tx.forwardingJob.create({
    data: { id: uuidv7(), workspaceId, ruleId, inboundMessageId, nextAttemptAt: now },
  });
  return workspace;
}

/** The deployment's key pair, made on first need. */
async function insertVaultKeyPair(tx: Transaction): Promise<string> {
  const active = await tx.vaultKeyPair.findFirst({ where: { state: 'active' } });
  if (active !== null) return active.id;
  const id = uuidv7();
  await tx.vaultKeyPair.create({
    data: { id, publicKey: random(32), privateKeyWrapped: random(60), kekId: 'test' },
  });
  return id;
}

function random(length: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(randomBytes(length));
}
