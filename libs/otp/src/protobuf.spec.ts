import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readMessage, writeMessage } from './protobuf.js';

test('what is written reads back the same', () => {
  const plain = (value: bigint | Uint8Array) => (typeof value === 'bigint' ? value : Uint8Array.from(value));
  const value = fc.oneof(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.uint8Array());
  const field = fc.record({ number: fc.integer({ min: 1, max: 2 ** 28 - 1 }), value });
  fc.assert(
    fc.property(fc.array(field), (fields) => {
      const read = [...readMessage(writeMessage(fields))];
      expect(read.map(({ number, value }) => ({ number, value: plain(value) }))).toEqual(
        fields.map(({ number, value }) => ({ number, value: plain(value) })),
      );
    }),
  );
});

test.each([
  ['a length beyond the end', [0x0a, 0x05, 0x00]],
  ['a length of 2^63', [0x0a, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01]],
  ['an integer that does not end', [0x08, 0xff]],
  ['an integer of eleven bytes', [0x08, ...Array<number>(10).fill(0xff), 0x01]],
  ['field number 0', [0x00, 0x00]],
  ['a group', [0x0b, 0x0c]],
  ['half a fixed-size field', [0x0d, 0x00]],
])('refuses %s', (_, bytes) => {
  expect(() => [...readMessage(Uint8Array.from(bytes))]).toThrow(RangeError);
});
