import { describe, expect, it } from '@jest/globals';
import { Secret } from '@otpost/envelope';
import { ChallengePages } from './challenge-page.js';
import { ConfirmationPages } from './forwarding-confirmation.js';

const key = new Secret('0123456789abcdef'.repeat(4));
const id = '01890a5d-ac96-774b-bcce-b302099a8057';

describe('the name of a page', () => {
  const confirmations = new ConfirmationPages(key);
  const nameOf = (pages: ConfirmationPages) =>
    pages.urlOf('https://otpost.example.com/', id).split('/confirm/')[1] ?? '';

  it('leads back to what it is of, also while the key is rotated', () => {
    const name = nameOf(confirmations);
    expect(confirmations.confirmationOf(name)).toBe(id);
    const rotating = new ConfirmationPages(new Secret(`${'f'.repeat(64)},${key.reveal()}`));
    expect(rotating.confirmationOf(name)).toBe(id);
    expect(rotating.confirmationOf(nameOf(rotating))).toBe(id);
    expect(confirmations.confirmationOf(nameOf(rotating))).toBeUndefined();
  });

  it('is of one purpose: a link to answer a challenge agrees to nothing', () => {
    expect(confirmations.confirmationOf(new ChallengePages(key).nameOf(id))).toBeUndefined();
    expect(new ChallengePages(key).challengeOf(nameOf(confirmations))).toBeUndefined();
  });

  it('cannot be changed', () => {
    const name = nameOf(confirmations);
    const other = id.replace('7', '8');
    for (const wrong of [name.replace(id, other), name.slice(0, -1), `${name}A`, id, ''])
      expect(confirmations.confirmationOf(wrong)).toBeUndefined();
  });
});
