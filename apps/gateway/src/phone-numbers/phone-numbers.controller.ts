import { Controller, Inject } from '@nestjs/common';
import { z } from 'zod';
import {
  approvePhoneNumber,
  deletePhoneNumber,
  getPhoneNumber,
  listPhoneNumbers,
  pageOf,
  pageRequest,
  updatePhoneNumber,
  type PhoneNumberView,
} from '@otpost/contracts';
import { RpcClient } from '@otpost/messaging';
import { CallOf, RootCallOf, type Call, type RootCall } from '../http/call.js';
import { defineEndpoint, Handles, type InputOf } from '../http/endpoint.js';
import { Input } from '../http/input.js';
import { uuid } from '../http/uuid.js';
import { BuyNumber } from './buy-number.js';
import { ImportNumber } from './import-number.js';
import { importedNumber, numberChange, shownNumber, wantedNumber } from './phone-number-schemas.js';
import { TwilioOptions } from './twilio-options.js';

const tag = 'Phone numbers';
const byId = z.strictObject({ id: uuid() });

const create = defineEndpoint({
  method: 'POST',
  path: '/v1/phone-numbers',
  access: 'vault:write',
  tag,
  summary: 'Import a number; with its Twilio account, its webhook is set there',
  body: importedNumber,
  response: shownNumber,
});

const buy = defineEndpoint({
  method: 'POST',
  path: '/v1/phone-numbers/buy',
  access: 'vault:write',
  tag,
  summary: "Buy a number with the deployment's Twilio account; deleting it gives it back",
  body: wantedNumber,
  response: shownNumber,
});

const list = defineEndpoint({
  method: 'GET',
  path: '/v1/phone-numbers',
  access: 'vault:read',
  tag,
  summary: 'List phone numbers',
  query: z.strictObject(pageRequest.shape),
  response: pageOf(shownNumber),
});

const read = defineEndpoint({
  method: 'GET',
  path: '/v1/phone-numbers/:id',
  access: 'vault:read',
  tag,
  summary: 'Read a phone number',
  params: byId,
  response: shownNumber,
});

const update = defineEndpoint({
  method: 'PATCH',
  path: '/v1/phone-numbers/:id',
  access: 'vault:write',
  tag,
  summary: 'Dedicate a number to a credential, free it, or share it among all of the workspace',
  params: byId,
  body: numberChange,
  response: shownNumber,
});

const remove = defineEndpoint({
  method: 'DELETE',
  path: '/v1/phone-numbers/:id',
  access: 'vault:write',
  tag,
  summary: 'Delete a number; one that was bought here is given back to Twilio',
  params: byId,
  response: z.object({ success: z.literal(true) }),
});

const approve = defineEndpoint({
  method: 'POST',
  path: '/v1/phone-numbers/:id/approve',
  access: 'root',
  tag,
  summary: "Let a number under the deployment's token take codes for its workspace",
  params: byId,
  status: 200,
  idempotent: false,
  response: shownNumber,
});

@Controller()
export class PhoneNumbersController {
  constructor(
    @Inject(RpcClient) private readonly rpc: RpcClient,
    @Inject(ImportNumber) private readonly importNumber: ImportNumber,
    @Inject(BuyNumber) private readonly buyNumber: BuyNumber,
    @Inject(TwilioOptions) private readonly options: TwilioOptions,
  ) {}

  // What has begun at Twilio is brought to its end, also when the client hangs up: no signal here.
  @Handles(create)
  async create(@CallOf() call: Call, @Input() { body }: InputOf<typeof create>) {
    return this.#shown(await this.importNumber.run(call.caller, body, call.idempotency));
  }

  @Handles(buy)
  async buy(@CallOf() call: Call, @Input() { body }: InputOf<typeof buy>) {
    return this.#shown(await this.buyNumber.run(call.caller, body, call.idempotency));
  }

  @Handles(list)
  async list(@CallOf() call: Call, @Input() { query }: InputOf<typeof list>) {
    const page = await this.rpc.call(listPhoneNumbers, { ...call.caller, page: query }, { signal: call.signal });
    return { ...page, items: page.items.map((number) => this.#shown(number)) };
  }

  @Handles(read)
  async read(@CallOf() call: Call, @Input() { params }: InputOf<typeof read>) {
    const request = { ...call.caller, id: params.id };
    return this.#shown(await this.rpc.call(getPhoneNumber, request, { signal: call.signal }));
  }

  @Handles(update)
  async update(@CallOf() call: Call, @Input() { params, body }: InputOf<typeof update>) {
    const request = { ...call.caller, id: params.id, change: body };
    return this.#shown(await this.rpc.call(updatePhoneNumber, request, { signal: call.signal }));
  }

  @Handles(remove)
  async remove(@CallOf() call: Call, @Input() { params }: InputOf<typeof remove>) {
    const number = await this.rpc.call(getPhoneNumber, { ...call.caller, id: params.id });
    if (number.purchased) await this.buyNumber.giveBack(number);
    await this.rpc.call(deletePhoneNumber, { ...call.caller, id: params.id, reason: 'requested' });
    return { success: true as const };
  }

  /** Its webhook, which was left alone until now, is set where its account is named. */
  @Handles(approve)
  async approve(@RootCallOf() call: RootCall, @Input() { params }: InputOf<typeof approve>) {
    const approved = await this.rpc.call(approvePhoneNumber, { ...call.caller, id: params.id });
    const { workspace_id, phone_number: number } = approved;
    const isToConnect = number.account_sid !== null && number.provider_sid === null && !number.purchased;
    const account = isToConnect ? this.options.ownAccount(number.account_sid ?? '') : undefined;
    if (account === undefined) return this.#shown(number);
    return this.#shown(await this.importNumber.connect({ ...call.caller, workspace_id }, number, account));
  }

  #shown(number: PhoneNumberView) {
    return { ...number, webhook_url: this.options.webhookUrl };
  }
}
