import { Controller, Header, HttpCode, Inject, Post, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { AppError } from '@otpost/contracts';
import { Database, findPhoneNumber } from '@otpost/database';
import { Intake } from '../http/intake.js';
import { Journal } from '../journal.js';
import { fromStorage } from '../messages/storage.js';
import { SmsReceiver } from '../sms/sms-receiver.js';
import { numberOf, parseForm, readSmsForm } from './sms-form.js';
import { TwilioProof } from './twilio-proof.js';

/** A form of Twilio's is a few kilobytes. */
const bodyLimitBytes = 64 * 1024;
const path = '/inbound/twilio/sms';
/** TwiML that asks Twilio to do nothing. */
const emptyResponse = '<Response/>';

/** Twilio's webhook for incoming messages. */
@Controller()
export class TwilioController {
  constructor(
    @Inject(Intake) private readonly intake: Intake,
    @Inject(Database) private readonly database: Pick<Database, 'pool'>,
    @Inject(TwilioProof) private readonly proof: TwilioProof,
    @Inject(SmsReceiver) private readonly receiver: SmsReceiver,
    @Inject(Journal) private readonly journal: Journal,
  ) {}

  /**
   * 200 once it is stored, or was stored before. Nobody learns without a signature which numbers there are: an unknown one is refused as
   * a wrong signature is, after the same work.
   */
  @Post(path)
  @HttpCode(200)
  @Header('content-type', 'text/xml')
  sms(@Req() request: FastifyRequest): Promise<string> {
    return this.intake.receive('twilio', request, async (body) => {
      const form = parseForm(Buffer.concat(await body.read(bodyLimitBytes)).toString('utf8'));
      const startedAt = performance.now();
      const number = await fromStorage(findPhoneNumber(this.database.pool, numberOf(form)));
      const signature = request.headers['x-twilio-signature'];
      const url = this.intake.urlOf(request, path);
      if (!this.proof.verify(number, typeof signature === 'string' ? signature : undefined, url, form)) {
        throw new AppError('forbidden', 'The signature is not right');
      }
      if (number === undefined) throw new AppError('not_found', 'The number is not known here');
      const sms = readSmsForm(form);
      if (number.status !== 'active') {
        // Not even kept: until it is approved, nobody has shown that the number is this workspace's.
        this.journal.dropped('twilio', 'pending_approval', number.workspaceId);
        return emptyResponse;
      }
      const { stored, verdict } = await this.receiver.receive(
        {
          messageId: sms.MessageSid,
          from: sms.From,
          to: sms.To,
          text: sms.Body,
          mediaTypes: sms.mediaTypes,
          receivedAt: new Date(),
        },
        number,
      );
      this.journal.stored('twilio', [stored], [verdict], startedAt);
      return emptyResponse;
    });
  }
}
