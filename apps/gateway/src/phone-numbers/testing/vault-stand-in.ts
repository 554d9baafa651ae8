import { randomUUID } from 'node:crypto';
import {
  AppError,
  connectPhoneNumber,
  createPhoneNumber,
  deletePhoneNumber,
  findCreatedPhoneNumber,
  notFound,
  type PhoneNumberRecordView,
  type RequestOf,
  type RpcContract,
} from '@otpost/contracts';
import type { RpcClient } from '@otpost/messaging';

/** The vault's rows of phone numbers, for what the gateway asks of them while it imports and buys. */
export class VaultStandIn {
  readonly rows = new Map<string, PhoneNumberRecordView>();
  readonly byKey = new Map<string, string>();
  status: 'active' | 'pending_approval' = 'active';
  /** Numbers that another workspace has. */
  readonly taken = new Set<string>();
  /** Patterns that are not answered. */
  readonly away = new Set<string>();

  readonly rpc: Pick<RpcClient, 'call'> = {
    call: (async (contract: RpcContract, request: unknown) => {
      if (this.away.has(contract.pattern)) throw new AppError('unavailable', 'away');
      await Promise.resolve();
      if (contract.pattern === createPhoneNumber.pattern) return this.#create(request as never);
      if (contract.pattern === findCreatedPhoneNumber.pattern) return this.#findCreated(request as never);
      if (contract.pattern === connectPhoneNumber.pattern) return this.#connect(request as never);
      if (contract.pattern === deletePhoneNumber.pattern) return this.#delete(request as never);
      throw new TypeError(contract.pattern);
    }) as RpcClient['call'],
  };

  #create({ phone_number: given, idempotency }: RequestOf<typeof createPhoneNumber>) {
    if (this.taken.has(given.e164) || [...this.rows.values()].some(({ e164 }) => e164 === given.e164))
      throw new AppError('already_exists', 'taken');
    const { auth_token: _, ...rest } = given;
    const id = randomUUID();
    const status = given.purchased ? ('purchasing' as const) : this.status;
    const row = { ...rest, id, status, created_at: new Date().toISOString(), approved_at: null, provider_sid: null };
    this.rows.set(id, row);
    if (idempotency !== null) this.byKey.set(idempotency.key, id);
    return { phone_number: row, status: 201 };
  }

  #findCreated({ idempotency }: RequestOf<typeof findCreatedPhoneNumber>) {
    return { phone_number: this.rows.get(this.byKey.get(idempotency.key) ?? '') ?? null };
  }

  #connect({ id, provider_sid }: RequestOf<typeof connectPhoneNumber>) {
    const row = this.rows.get(id);
    if (row === undefined) throw notFound('phone number');
    const connected = { ...row, provider_sid, status: this.status };
    this.rows.set(id, connected);
    return connected;
  }

  #delete({ id }: RequestOf<typeof deletePhoneNumber>) {
    if (!this.rows.delete(id)) throw notFound('phone number');
    return {};
  }
}
