import { describe, expect, it } from '@jest/globals';
import { destinationField } from './destination-field.js';

describe('a destination', () => {
  it.each([
    ['Human.Being@Example.COM', { kind: 'email', value: 'Human.Being@example.com' }],
    [' +1 (312) 555-0142 ', { kind: 'sms', value: '+13125550142' }],
    ['01890A5D-AC96-774B-BCCE-B302099A8057', { kind: 'seat', value: '01890a5d-ac96-774b-bcce-b302099a8057' }],
  ])('%s is known by its form', (text, destination) => {
    expect(destinationField.parse(text)).toEqual(destination);
  });

  it.each([
    '',
    'human',
    'a@b',
    '3125550142',
    '+1',
    'a@example.com, b@example.com',
    'a@example.com\r\nBcc: b@example.com',
  ])('cannot be %j', (text) => {
    expect(destinationField.safeParse(text).success).toBe(false);
  });
});
