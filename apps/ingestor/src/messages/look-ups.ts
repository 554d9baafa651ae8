import type { Queryable } from '@otpost/database';

/** What the extraction and the policy need to know of a credential. Nothing secret. */
export interface InboundCredential {
  credentialId: string;
  domain: string;
  hint: unknown;
  requireAuth: boolean;
  allowedSenderDomains: string[];
}

/** The credential of an inbox or of a dedicated number; undefined where it was deleted meanwhile. */
export async function readInboundCredential(
  db: Queryable,
  workspaceId: string,
  credentialId: string,
): Promise<InboundCredential | undefined> {
  const { rows } = await db.query<InboundCredential>({
    name: 'read_inbound_credential',
    text: `SELECT credential_id AS "credentialId", domain, extraction_hint AS hint, require_auth AS "requireAuth",
             allowed_sender_domains AS "allowedSenderDomains"
           FROM read_inbound_credential($1, $2)`,
    values: [workspaceId, credentialId],
  });
  return rows[0];
}

export type AwaitingCredential = Pick<InboundCredential, 'credentialId' | 'domain' | 'hint'>;

/** The credentials of the workspace that have an open challenge for a code by SMS. */
export async function readAwaitingSms(db: Queryable, workspaceId: string): Promise<AwaitingCredential[]> {
  const { rows } = await db.query<AwaitingCredential>({
    name: 'read_awaiting_sms',
    text: `SELECT credential_id AS "credentialId", domain, extraction_hint AS hint FROM read_awaiting_sms($1)`,
    values: [workspaceId],
  });
  return rows;
}
