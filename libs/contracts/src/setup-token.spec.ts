import { describe, expect, it } from '@jest/globals';
import { Secret } from '@otpost/envelope';
import { makeSetupToken, parseSetupToken } from './setup-token.js';

const workspaceId = '0193e5a0-0000-7000-8000-000000000001';
const seatId = '0193e5a0-0000-7000-8000-0000000000ff';

describe('the token of a set-up link', () => {
  it('says where to look, and is recognised by the hash of what is random in it', () => {
    const made = makeSetupToken(workspaceId, seatId);
    expect(made.text.reveal()).toMatch(/^otp_setup_[\w-]{86}$/);
    expect(parseSetupToken(made.text)).toEqual({ workspaceId, seatId, hash: made.hash });
    expect(makeSetupToken(workspaceId, seatId).hash).not.toEqual(made.hash);
  });

  it.each(['', 'otp_setup_', 'otp_setup_abc', `otp_setup_${'A'.repeat(90)}`, 'otp_live_abc', 'x'.repeat(10_000)])(
    'is none of %j',
    (text) => {
      expect(parseSetupToken(new Secret(text))).toBeNull();
    },
  );
});
