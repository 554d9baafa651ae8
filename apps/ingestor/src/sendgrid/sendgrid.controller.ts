import { Controller, HttpCode, Inject, Param, Post, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { providerResults } from '../authentication/provider-results.js';
import { domainOf } from '../authentication/read-results.js';
import { Intake, type IncomingBody } from '../http/intake.js';
import { mailAnswer, noSuchRecipient, type MailAnswer } from '../http/mail-answer.js';
import { Journal } from '../journal.js';
import { MailReceiver, type ReceivedMail } from '../mail/mail-receiver.js';
import { Parser } from '../workers/parser.js';
import { sharedBytes } from '../workers/shared-bytes.js';
import type { InboundParseMail } from './parse-inbound-parse.js';
import { notProven, SendGridProof } from './sendgrid-proof.js';

/** SendGrid's Inbound Parse, in parsed and in raw mode. */
@Controller('inbound/sendgrid')
export class SendGridController {
  constructor(
    @Inject(Intake) private readonly intake: Intake,
    @Inject(SendGridProof) private readonly proof: SendGridProof,
    @Inject(Parser) private readonly parser: Pick<Parser, 'parseInboundParse'>,
    @Inject(MailReceiver) private readonly receiver: MailReceiver,
    @Inject(Journal) private readonly journal: Journal,
  ) {}

  /** With SendGrid's signed webhook. */
  @Post('parse')
  @HttpCode(200)
  signed(@Req() request: FastifyRequest): Promise<MailAnswer> {
    return this.intake.receive('sendgrid', request, async (body) => {
      const isSigned = this.proof.verifierOf(request.headers);
      return this.take(request, body, isSigned);
    });
  }

  /** Without signatures: whoever knows the path is believed. */
  @Post('parse/:secret')
  @HttpCode(200)
  secret(@Req() request: FastifyRequest, @Param('secret') secret: string): Promise<MailAnswer> {
    return this.intake.receive('sendgrid', request, async (body) => {
      if (!this.proof.isPathSecret(secret)) throw notProven();
      return this.take(request, body, () => true);
    });
  }

  private async take(
    request: FastifyRequest,
    body: IncomingBody,
    isProven: (chunks: readonly Uint8Array[]) => boolean,
  ): Promise<MailAnswer> {
    const chunks = await body.read(this.intake.mailLimitBytes);
    const startedAt = performance.now();
    const receivedAt = new Date();
    if (!isProven(chunks)) throw notProven();
    const bytes = sharedBytes(chunks);
    const contentType = request.headers['content-type'];
    const parsed = await this.parser.parseInboundParse({ body: bytes, contentType });
    const recipients = await this.receiver.findRecipients(recipientsOf(parsed));
    if (recipients.length === 0) throw noSuchRecipient();
    const receipt = await this.receiver.receive(receivedMail(parsed, bytes.length, receivedAt), recipients);
    body.settled = receipt.settled;
    this.journal.stored('sendgrid', receipt.stored, receipt.verdicts, startedAt);
    return mailAnswer(receipt);
  }
}

/** The envelope's, which SendGrid knows; without one, whom the mail names. */
function recipientsOf({ envelope, mail }: InboundParseMail): string[] {
  return envelope.to.length > 0 ? envelope.to : [...mail.recipients.delivered, ...mail.recipients.addressed];
}

function receivedMail(parsed: InboundParseMail, sizeBytes: number, receivedAt: Date): ReceivedMail {
  const { mail, raw, envelope, senderIp, spf, dkim } = parsed;
  const fromDomain = mail.fromAddress === null ? null : domainOf(mail.fromAddress);
  return {
    source: 'sendgrid',
    mail,
    raw,
    sizeBytes,
    envelope: { mailFrom: envelope.from, ip: senderIp, helo: null },
    providerResults: raw === null ? providerResults({ spf, dkim, mailFrom: envelope.from, fromDomain }) : null,
    receivedAt,
  };
}
