/**
 * The frame every message crosses Redis in. All numbers big-endian:
 *
 * | bytes | field |
 * | --- | --- |
 * | 1 | version, 1 |
 * | 1 | direction |
 * | 8 | transport key id |
 * | 16 | sender's salt |
 * | 12 | nonce |
 * | 16 | message id |
 * | 8 | deadline, epoch milliseconds |
 * | 16 | reply address, zero where no reply is wanted |
 * | 1 + n | pattern, length first |
 * | m | ciphertext |
 * | 16 | tag |
 *
 * Everything before the ciphertext is the associated data, byte for byte. All of it has a fixed length or says its length, so
 * no two different headers have the same bytes. The ciphertext is not padded: its length tells Redis no more than the pattern
 * beside it does.
 */
export const wireVersion = 1;

/** Which way a message goes. A message sealed for one direction does not open as another. */
export enum Direction {
  request = 1,
  reply = 2,
  event = 3,
  cancel = 4,
  leave = 5,
  broadcast = 6,
}

export const keyIdBytes = 8;
export const saltBytes = 16;
export const nonceBytes = 12;
export const tagBytes = 16;
export const idBytes = 16;
export const addressBytes = 16;

export const keyIdOffset = 2;
export const saltOffset = keyIdOffset + keyIdBytes;
export const nonceOffset = saltOffset + saltBytes;
/** From here to the ciphertext: the part of a request's header that its reply repeats. */
export const envelopeOffset = nonceOffset + nonceBytes;

const deadlineOffset = envelopeOffset + idBytes;
const addressOffset = deadlineOffset + 8;
const patternLengthOffset = addressOffset + addressBytes;
const patternOffset = patternLengthOffset + 1;
const longestPatternBytes = 255;

/** What stays readable on the wire, and is authenticated: nothing else does. */
export interface Envelope {
  /** 16 bytes, unique in the deployment. */
  id: Buffer;
  /** Epoch milliseconds. */
  deadline: number;
  /** 16 bytes: the asking process, or zeros. */
  replyTo: Buffer;
  pattern: string;
}

export const noReply = Buffer.alloc(addressBytes);

/** The bytes of an envelope, as both a request and its reply carry them. */
export function encodeEnvelope({ id, deadline, replyTo, pattern }: Envelope): Buffer {
  const patternBytes = Buffer.byteLength(pattern);
  if (id.length !== idBytes || replyTo.length !== addressBytes || patternBytes > longestPatternBytes) {
    throw new RangeError('envelope out of bounds');
  }
  const envelope = Buffer.allocUnsafe(idBytes + 8 + addressBytes + 1 + patternBytes);
  id.copy(envelope, 0);
  envelope.writeUInt16BE(0, idBytes);
  envelope.writeUIntBE(deadline, idBytes + 2, 6);
  replyTo.copy(envelope, idBytes + 8);
  envelope.writeUInt8(patternBytes, idBytes + 8 + addressBytes);
  envelope.write(pattern, idBytes + 8 + addressBytes + 1);
  return envelope;
}

/**
 * What a frame's header says; nothing of it may be acted on before the frame has been opened. Read from the bytes when asked for:
 * most receivers need little of it.
 */
export class Header implements Envelope {
  constructor(
    readonly frame: Buffer,
    /** Where the ciphertext begins. */
    readonly end: number,
  ) {}

  get direction(): number {
    return this.frame.readUInt8(1);
  }

  get id(): Buffer {
    return this.frame.subarray(envelopeOffset, deadlineOffset);
  }

  get idHex(): string {
    return this.frame.toString('hex', envelopeOffset, deadlineOffset);
  }

  get deadline(): number {
    return this.frame.readUInt16BE(deadlineOffset) * 2 ** 48 + this.frame.readUIntBE(deadlineOffset + 2, 6);
  }

  get replyTo(): Buffer {
    return this.frame.subarray(addressOffset, patternLengthOffset);
  }

  get pattern(): string {
    return this.frame.toString('utf8', patternOffset, this.end);
  }

  /** From the message id on, as a reply repeats it. */
  get envelope(): Buffer {
    return this.frame.subarray(envelopeOffset, this.end);
  }
}

/** Reads a frame's header; null when it is not one of ours. */
export function readHeader(frame: Buffer): Header | null {
  if (frame.length < patternOffset + tagBytes || frame[0] !== wireVersion) return null;
  const end = patternOffset + frame.readUInt8(patternLengthOffset);
  return frame.length < end + tagBytes ? null : new Header(frame, end);
}

/** The message id alone, as a map key; empty when the frame is too short to have one. */
export function peekId(frame: Buffer): string {
  return frame.length < deadlineOffset ? '' : frame.toString('latin1', envelopeOffset, deadlineOffset);
}
