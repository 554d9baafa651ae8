/** A mail as the parser's thread gives it back: decoded, cut at the limits, and looked at for forwarding. All of it is from outside. */
export interface ParsedMail {
  /** As in the header, brackets included. */
  messageId: string | null;
  /** First address of the From header, in lower case. */
  fromAddress: string | null;
  /** `Name <address>` of the From header. */
  from: string;
  to: string;
  subject: string | null;
  text: string | null;
  html: string | null;
  /** Those worth keeping, with names in lower case. */
  headers: { name: string; value: string }[];
  attachments: { filename: string | null; content_type: string; size_bytes: number }[];
  truncated: boolean;
  /** Where it was addressed to by the one who handed it over (Delivered-To and the like, topmost first), then To and Cc. */
  recipients: { delivered: string[]; addressed: string[] };
  /** What tells this mail from another: Date, From, Subject and a SHA-256 of the body. Not the trace headers, which a retry may change. */
  fingerprint: string[];
  /** Who wrote it before a mailbox sent it on. */
  originalSender: string | null;
  confirmation: ForwardingConfirmation | null;
  /** Checking more of them than a mailbox's own few is work that somebody else chose for us. */
  dkimSignatures: number;
}

/** A mailbox asks whether it may forward to this inbox. */
export interface ForwardingConfirmation {
  provider: string;
  code: string | null;
  link: string | null;
}
