import { Controller, Inject } from '@nestjs/common';
import { z } from 'zod';
import { readStatistics } from '@otpost/contracts';
import { RpcClient } from '@otpost/messaging';
import { CallOf, type Call } from '../http/call.js';
import { defineEndpoint, Handles, type InputOf } from '../http/endpoint.js';
import { Input } from '../http/input.js';

const read = defineEndpoint({
  method: 'GET',
  path: '/v1/stats',
  access: 'challenges:write',
  tag: 'Challenges',
  summary: 'How challenges and deliveries went: counts, median time to a code, by factor and over time',
  query: z.strictObject({ hours: z.coerce.number().int().min(1).max(720).default(24) }),
  response: readStatistics.response,
});

@Controller()
export class StatisticsController {
  constructor(@Inject(RpcClient) private readonly rpc: RpcClient) {}

  @Handles(read)
  async read(@CallOf() call: Call, @Input() { query }: InputOf<typeof read>) {
    return this.rpc.call(readStatistics, { ...call.caller, ...query }, { signal: call.signal });
  }
}
