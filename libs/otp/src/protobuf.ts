/** The fifth of Protocol Buffers that a migration URI needs: integers, bytes and skipping the rest. */
export interface ProtobufField {
  readonly number: number;
  /** An integer as its 64 unsigned bits, or bytes that share memory with the message. */
  readonly value: bigint | Uint8Array;
}

/**
 * Reads the fields of one message, in order; a repeated field comes several times. Fixed-size fields are skipped.
 * Every length is checked against what is there, so hostile bytes cost at most one pass.
 * @throws {RangeError} where the bytes are not a message
 */
export function* readMessage(message: Uint8Array): Generator<ProtobufField> {
  let position = 0;
  const take = (length: number): Uint8Array => {
    if (length > message.length - position) throw new RangeError('truncated message');
    position += length;
    return message.subarray(position - length, position);
  };
  const takeVarint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const [byte = 0] = take(1);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw new RangeError('integer of more than 64 bits');
  };

  while (position < message.length) {
    const tag = takeVarint();
    const number = Number(tag >> 3n);
    if (number < 1 || number > 0x1fffffff) throw new RangeError('no such field number');
    switch (Number(tag & 7n)) {
      case 0:
        yield { number, value: takeVarint() };
        break;
      case 1:
        take(8);
        break;
      case 2:
        yield { number, value: take(Number(takeVarint())) };
        break;
      case 5:
        take(4);
        break;
      default:
        throw new RangeError('no such wire type');
    }
  }
}

/** Writes the fields of one message. Integers are taken as their 64 bits, so a negative one takes ten bytes. */
export function writeMessage(fields: readonly ProtobufField[]): Uint8Array {
  return Buffer.concat(
    fields.flatMap(({ number, value }) =>
      typeof value === 'bigint'
        ? [varint(BigInt(number << 3)), varint(value)]
        : [varint(BigInt((number << 3) | 2)), varint(BigInt(value.length)), value],
    ),
  );
}

function varint(value: bigint): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
}
