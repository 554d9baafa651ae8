import { Controller, HttpCode, Inject, Post, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Intake } from '../http/intake.js';
import { mailAnswer, noSuchRecipient, type MailAnswer } from '../http/mail-answer.js';
import { Journal } from '../journal.js';
import { inboxLocalPart } from '../mail/inbox-address.js';
import { MailReceiver } from '../mail/mail-receiver.js';
import type { ParsedMail } from '../mail/parsed-mail.js';
import { Parser } from '../workers/parser.js';
import { sharedBytes } from '../workers/shared-bytes.js';
import { MimeProof } from './mime-proof.js';

/**
 * A whole mail (`message/rfc822`) from whoever received it: a Cloudflare Email Worker, SES through a function, a Postfix pipe. Signed as
 * Standard Webhooks asks. Nothing outside the signature counts, so the recipient is named in the mail: who posts it prepends a line
 * `Delivered-To: <envelope recipient>` (Postfix does with `flags=D`); without one, To and Cc are taken.
 */
@Controller('inbound/email')
export class MimeHookController {
  constructor(
    @Inject(Intake) private readonly intake: Intake,
    @Inject(MimeProof) private readonly proof: MimeProof,
    @Inject(Parser) private readonly parser: Pick<Parser, 'parseMail'>,
    @Inject(MailReceiver) private readonly receiver: MailReceiver,
    @Inject(Journal) private readonly journal: Journal,
  ) {}

  @Post('mime')
  @HttpCode(200)
  mime(@Req() request: FastifyRequest): Promise<MailAnswer> {
    return this.intake.receive('mime', request, async (body) => {
      this.proof.requireHeaders(request.headers);
      const raw = sharedBytes(await body.read(this.intake.mailLimitBytes));
      const startedAt = performance.now();
      const receivedAt = new Date();
      this.proof.verify(request.headers, raw);
      const mail = await this.parser.parseMail(raw);
      const recipients = await this.receiver.findRecipients(recipientsOf(mail, this.intake.inboxDomain));
      if (recipients.length === 0) throw noSuchRecipient();
      const envelope = { mailFrom: null, ip: null, helo: null };
      const receipt = await this.receiver.receive(
        { source: 'mime', mail, raw, sizeBytes: raw.length, envelope, providerResults: null, receivedAt },
        recipients,
      );
      body.settled = receipt.settled;
      this.journal.stored('mime', receipt.stored, receipt.verdicts, startedAt);
      return mailAnswer(receipt);
    });
  }
}

/** Where it was delivered, if that is to us; else whom it names. */
function recipientsOf({ recipients: { delivered, addressed } }: ParsedMail, inboxDomain: string): string[] {
  const ours = delivered.filter((address) => inboxLocalPart(address, inboxDomain) !== null);
  return ours.length > 0 ? ours : addressed;
}
