import type { SMTPServerSession } from 'smtp-server';
import { SmtpReply } from './smtp-reply.js';
import { TokenBuckets } from './token-buckets.js';

/** Who may connect and send how much. Per replica: the limits keep one sender from taking all of a process. */
export class Admission {
  private readonly connectionsOf = new Map<string, number>();
  private readonly admitted = new WeakSet<SMTPServerSession>();
  private readonly rate: TokenBuckets;

  constructor(private readonly limits: { connectionsPerIp: number; mailsPerMinute: number }) {
    this.rate = new TokenBuckets({ perMinute: limits.mailsPerMinute });
  }

  connect(session: SMTPServerSession): SmtpReply | null {
    const { remoteAddress } = session;
    const open = this.connectionsOf.get(remoteAddress) ?? 0;
    if (open >= this.limits.connectionsPerIp) return new SmtpReply(421, 'Too many connections from your address');
    this.connectionsOf.set(remoteAddress, open + 1);
    this.admitted.add(session);
    return null;
  }

  disconnect(session: SMTPServerSession): void {
    if (!this.admitted.delete(session)) return;
    const open = (this.connectionsOf.get(session.remoteAddress) ?? 1) - 1;
    if (open > 0) this.connectionsOf.set(session.remoteAddress, open);
    else this.connectionsOf.delete(session.remoteAddress);
  }

  beginMail({ remoteAddress }: SMTPServerSession): SmtpReply | null {
    if (this.rate.take(remoteAddress)) return null;
    return new SmtpReply(451, 'Too many mails from your address, slow down');
  }
}
