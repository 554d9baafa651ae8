import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { auditEntryView, type AuditEntryView } from '@otpost/contracts';
import { canonicalJson, genesisHash, hashEntry, type AuditFields, type Json } from './entry-hash.js';

const entry: AuditFields = {
  workspaceId: '0192f0c1-5f3a-7c11-9f60-2b1f5f1d2a01',
  id: '0192f0c1-7a55-7b02-8d3e-6c2b8a9d4e10',
  at: new Date('2026-01-31T09:30:00.123Z'),
  actorKind: 'api_key',
  actorId: 'k1',
  action: 'credential.updated',
  resourceType: 'credential',
  resourceId: 'r1',
  ip: null,
  requestId: '',
  details: { fields: ['password'] },
};

describe('hashEntry', () => {
  it('is what docs/audit.md says, worked out there on an example', () => {
    const page = readFileSync(new URL('../../../../docs/audit.md', import.meta.url), 'utf8');
    const [workspaceId = '', export_ = ''] = [/workspace `([0-9a-f-]{36})`/, /```json\n([^`]+)```/].map(
      (part) => part.exec(page)?.[1],
    );
    let prevHash: Uint8Array = genesisHash;
    const views = (JSON.parse(export_) as unknown[]).map((view) => auditEntryView.parse(view));
    expect(views.length).toBeGreaterThan(1);
    for (const view of views) {
      prevHash = hashEntry(prevHash, view.seq ?? 0, fieldsOf(workspaceId, view));
      expect(Buffer.from(prevHash).toString('hex')).toBe(view.hash);
    }
  });

  it('tells nothing from an empty text, and where one field ends from where the next begins', () => {
    const hashes = [
      entry,
      { ...entry, ip: '' },
      { ...entry, requestId: null },
      { ...entry, actorKind: 'api_ke', actorId: 'yk1' },
      { ...entry, details: null },
      { ...entry, details: {} },
    ].map((variant) => hashEntry(genesisHash, 1, variant).toString('hex'));
    expect(new Set(hashes).size).toBe(hashes.length);
  });

  it('depends on the place in the chain', () => {
    const other = createHash('sha256').digest();
    const hashes = [hashEntry(genesisHash, 1, entry), hashEntry(genesisHash, 2, entry), hashEntry(other, 1, entry)];
    expect(new Set(hashes.map(String)).size).toBe(3);
  });
});

describe('canonicalJson', () => {
  it.each<[Json, string]>([
    [{ b: 1, a: [true, null, { d: 'é"\n', c: -0.5 }] }, '{"a":[true,null,{"c":-0.5,"d":"é\\"\\n"}],"b":1}'],
    [{ '\u20ac': 1, '\r': 2, '1': 3, '\ud83d\ude00': 4, '\ufb33': 5 }, '{"\\r":2,"1":3,"€":1,"😀":4,"\ufb33":5}'],
    [[333333333.3333333, 1e30, 4.5, 2e-3, 0.000000000000000000000000001], '[333333333.3333333,1e+30,4.5,0.002,1e-27]'],
  ])('writes %j as RFC 8785 does', (value, text) => {
    expect(canonicalJson(value)).toBe(text);
  });
});

function fieldsOf(workspaceId: string, view: AuditEntryView): AuditFields {
  return {
    workspaceId,
    id: view.id,
    at: new Date(view.at),
    actorKind: view.actor.kind,
    actorId: view.actor.id,
    action: view.action,
    resourceType: view.resource.type,
    resourceId: view.resource.id,
    ip: view.ip,
    requestId: view.request_id,
    details: view.details,
  };
}
