import { describe, expect, it } from '@jest/globals';
import { Secret } from '@otpost/envelope';
import { loopReason } from './loop-marks.js';

const reason = (headers: Record<string, string>, text = 'Your code is 123456') =>
  loopReason({ headers: Object.entries(headers).map(([name, value]) => ({ name, value: new Secret(value) })) }, [text]);

describe('a message', () => {
  it('that somebody wrote may be sent on', () => {
    expect(reason({})).toBeNull();
    expect(reason({ 'auto-submitted': 'no' })).toBeNull();
    expect(reason({ 'auto-submitted': 'auto-generated' })).toBeNull();
    expect(reason({ 'auto-submitted': ' (a person) No; type="x"' })).toBeNull();
    expect(reason({ precedence: 'bulk' })).toBeNull();
  });

  it.each(['auto-generatedx', 'auto-replied', 'auto-forwarded', 'Auto-Replied; x=y', 'none', ''])(
    'that is Auto-Submitted: %s is not sent on',
    (value) => {
      expect(reason({ 'auto-submitted': value })).toBe('auto_submitted');
    },
  );

  it('that is ours is known by its header, and by its words where somebody sent it on anew', () => {
    expect(reason({ 'x-otpost': '1', 'auto-submitted': 'auto-forwarded' })).toBe('sent_by_otpost');
    expect(reason({}, '> Forwarded by otpost: an e-mail that arrived')).toBe('sent_by_otpost');
  });
});
