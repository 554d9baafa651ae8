import { z } from 'zod';
import { count, list, port, secretText } from './config-fields.js';

/** Of the ingestor alone: what proves the senders, and how much they may send. */
export const inboundFields = {
  OTPOST_SMTP_PORT: port.default(2525).meta({ description: 'Port of the SMTP listener.' }),
  OTPOST_PUBLIC_INGEST_URL: z
    .url({ protocol: /^https?$/ })
    .optional()
    .meta({ description: 'Start of every hook URL, as the providers see it. Default: its own address.' }),
  OTPOST_TWILIO_AUTH_TOKEN: secretText(z.string().min(1)).optional().meta({
    description:
      "Proves requests for the numbers that have no token of their own. Without it such a number's are refused.",
    example: '<auth token of the Twilio account>',
    secret: true,
  }),
  OTPOST_SENDGRID_PUBLIC_KEY: z
    .string()
    .regex(/^[A-Za-z0-9+/]{80,}={0,2}$/, 'must be the base64 text that SendGrid shows')
    .optional()
    .meta({ description: 'Verification key of the signed Inbound Parse webhook: base64, as SendGrid shows it.' }),
  OTPOST_SENDGRID_PATH_SECRET: secretText(
    z.string().regex(/^[A-Za-z0-9_-]{16,}$/, 'must be 16 or more of A-Z, a-z, 0-9, _ and -'),
  )
    .optional()
    .meta({
      description: 'Last segment of /inbound/sendgrid/parse/<secret>, for Inbound Parse without signatures.',
      example: '<16 or more characters>',
      secret: true,
    }),
  OTPOST_MIME_SECRET: secretText(
    z.string().regex(/^whsec_[A-Za-z0-9+/]{32,}={0,2}(,whsec_[A-Za-z0-9+/]{32,}={0,2})*$/, 'must be whsec_ and base64'),
  )
    .optional()
    .meta({
      description: 'Secret of /inbound/email/mime (Standard Webhooks). To rotate: several, separated by commas.',
      example: 'whsec_<base64 of 32 bytes>',
      secret: true,
    }),
  OTPOST_MAX_MAIL_BYTES: count(100_000, 100_000_000).default(30_000_000).meta({
    description: 'A larger mail is refused: 552 by SMTP, 413 by the hooks.',
  }),
  OTPOST_INBOUND_MEMORY_MB: count(64, 65_536).default(256).meta({
    description: 'Megabytes of mail in hand at once; beyond it senders are asked to come back.',
  }),
  OTPOST_PARSER_THREADS: count(2, 64).default(3).meta({
    description:
      'Threads that parse mail and search codes. One of them never parses mail, so that an SMS need not wait.',
  }),
  OTPOST_DNS_SERVERS: list.optional().meta({
    description: "Resolvers for SPF, DKIM and DMARC, comma separated: address, or address:port. Default: the system's.",
    example: '127.0.0.1:53',
  }),
  OTPOST_SMTP_REQUIRE_TLS: z.stringbool().default(false).meta({
    description: 'Whether mail is refused without STARTTLS.',
  }),
  OTPOST_SMTP_TLS_CERT_FILE: z.string().min(1).optional().meta({
    description: 'PEM chain for STARTTLS, read again every hour. Default: a self-signed one made at start.',
    example: '/run/secrets/tls.crt',
  }),
  OTPOST_SMTP_TLS_KEY_FILE: z.string().min(1).optional().meta({
    description: 'PEM key of that chain.',
    example: '/run/secrets/tls.key',
  }),
  OTPOST_SMTP_TRUSTED_PROXIES: list.optional().meta({
    description: 'Addresses of load balancers that speak the PROXY protocol to the SMTP port. Default: none does.',
    example: '10.0.0.5',
  }),
  OTPOST_SMTP_CONNECTIONS: count(1, 100_000).default(500).meta({ description: 'SMTP connections at once.' }),
  OTPOST_SMTP_CONNECTIONS_PER_IP: count(1, 100_000).default(100).meta({
    description: 'SMTP connections at once from one address.',
  }),
  OTPOST_SMTP_MAILS_PER_MINUTE: count(1, 1_000_000).default(6_000).meta({
    description: 'Mails a minute from one address, per replica.',
  }),
};
