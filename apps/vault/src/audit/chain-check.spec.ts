import { describe, expect, it } from '@jest/globals';
import { ChainCheck, type ChainPoint, type SealedEntry } from './chain-check.js';
import { genesisHash, hashEntry } from './entry-hash.js';

function chainOf(length: number): SealedEntry[] {
  const entries: SealedEntry[] = [];
  let prevHash: Uint8Array = genesisHash;
  for (let seq = 1; seq <= length; seq += 1) {
    const entry = {
      workspaceId: '0192f0c1-0000-7000-8000-000000000000',
      id: `0192f0c1-0000-7000-8000-${String(seq).padStart(12, '0')}`,
      at: new Date(1_700_000_000_000 + seq),
      actorKind: 'api_key',
      actorId: 'k1',
      action: 'otp_secret.code_read',
      resourceType: 'otp_secret',
      resourceId: 'r1',
      ip: null,
      requestId: null,
      details: null,
    };
    const hash = hashEntry(prevHash, seq, entry);
    entries.push({ ...entry, seq, prevHash, hash });
    prevHash = hash;
  }
  return entries;
}

function check(
  entries: readonly SealedEntry[],
  head: ChainPoint | null,
  known: ChainPoint | null = null,
): number | null {
  const chain = new ChainCheck(known);
  for (const entry of entries) if (!chain.add(entry)) break;
  chain.end(head);
  return chain.firstInvalidSeq;
}

const five = chainOf(5);
const headOf = (entries: readonly SealedEntry[]): ChainPoint => entries.at(-1) ?? { seq: 0, hash: genesisHash };

describe('ChainCheck', () => {
  it('accepts a chain as it was sealed, and one that has not begun', () => {
    expect(check(five, headOf(five))).toBeNull();
    expect(check([], null)).toBeNull();
  });

  it.each(Object.keys(five[0] ?? {}).filter((field) => !['seq', 'prevHash', 'hash'].includes(field)))(
    'finds a changed %s',
    (field) => {
      const changed = five.map((entry) =>
        entry.seq === 3 ? { ...entry, [field]: field === 'at' ? new Date(1) : 'x' } : entry,
      );
      expect(check(changed, headOf(five))).toBe(3);
    },
  );

  it('finds a deleted entry', () => {
    expect(
      check(
        five.filter(({ seq }) => seq !== 2),
        headOf(five),
      ),
    ).toBe(2);
  });

  it('finds two entries that changed places', () => {
    const [one, two, three, ...rest] = five as [SealedEntry, SealedEntry, SealedEntry, ...SealedEntry[]];
    expect(check([one, { ...three, seq: 2 }, { ...two, seq: 3 }, ...rest], headOf(five))).toBe(2);
  });

  it('finds an inserted entry, before the first one too', () => {
    const [one, two, ...rest] = five as [SealedEntry, SealedEntry, ...SealedEntry[]];
    expect(check([one, two, { ...two, id: 'x' }, ...rest], headOf(five))).toBe(2);
    expect(check([{ ...one, seq: 0 }, ...five], headOf(five))).toBe(0);
  });

  it('finds a tail that was cut off, in part or whole', () => {
    expect(check(five.slice(0, 4), headOf(five))).toBe(5);
    expect(check([], headOf(five))).toBe(1);
  });

  it('finds entries behind the head, and a head that was changed or removed', () => {
    expect(check(five, headOf(five.slice(0, 4)))).toBe(5);
    expect(check(five, { seq: 5, hash: genesisHash })).toBe(5);
    expect(check(five, null)).toBe(1);
  });

  it('finds a chain that was made anew, by a hash that was kept elsewhere', () => {
    const known = { seq: 4, hash: genesisHash };
    expect(check(five, headOf(five), known)).toBe(4);
    expect(check(five, headOf(five), five[3])).toBeNull();
    expect(check(five.slice(0, 3), headOf(five.slice(0, 3)), five[3])).toBe(4);
  });
});
