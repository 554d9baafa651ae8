import { describe, expect, it } from '@jest/globals';
import { inboxLocalPart } from './inbox-address.js';

describe('inboxLocalPart', () => {
  it.each([
    ['q7x@inbox.example', 'q7x'],
    ['Q7X+GitHub@INBOX.example', 'q7x'],
    ['q7x+a+b@inbox.example.', 'q7x'],
  ])('finds the inbox of %s', (address, localPart) => {
    expect(inboxLocalPart(address, 'inbox.example')).toBe(localPart);
  });

  it.each([
    'q7x@example',
    'q7x@evil-inbox.example',
    'q7x@inbox.example@evil.example',
    '@inbox.example',
    '+tag@inbox.example',
    'q7x',
    '',
    '"q 7x"@inbox.example',
    'q7x\0@inbox.example',
  ])('finds none for %j', (address) => {
    expect(inboxLocalPart(address, 'inbox.example')).toBeNull();
  });
});
