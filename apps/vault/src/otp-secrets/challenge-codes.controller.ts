import { Controller, Inject } from '@nestjs/common';
import { describeFactors, takeForChallenge, type RequestOf, type ResponseOf } from '@otpost/contracts';
import { Rpc } from '@otpost/messaging';
import { DescribeFactors } from '../credentials/describe-factors.js';
import { TakeForChallenge } from './take-for-challenge.js';

/** What the dispatcher asks for its challenges. */
@Controller()
export class ChallengeCodesController {
  constructor(
    @Inject(DescribeFactors) private readonly describeFactors: DescribeFactors,
    @Inject(TakeForChallenge) private readonly takeForChallenge: TakeForChallenge,
  ) {}

  @Rpc(describeFactors)
  describe(request: RequestOf<typeof describeFactors>): Promise<ResponseOf<typeof describeFactors>> {
    return this.describeFactors.run(request);
  }

  @Rpc(takeForChallenge)
  take(request: RequestOf<typeof takeForChallenge>): Promise<ResponseOf<typeof takeForChallenge>> {
    return this.takeForChallenge.take(request);
  }
}
