import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';
import { Secret } from '@otpost/envelope';
import {
  Direction,
  envelopeOffset,
  type Header,
  keyIdBytes,
  keyIdOffset,
  nonceBytes,
  nonceOffset,
  readHeader,
  saltBytes,
  saltOffset,
  tagBytes,
  wireVersion,
} from './wire.js';

const algorithm = 'aes-256-gcm';
const transportKeyBytes = 32;
const subkeyInfo = 'otpost transport subkey v1';
const mostSubkeys = 1_024;

/** Why a message was not opened. Its sender may be an attacker, so nothing is answered. */
export type RefusalReason = 'malformed' | 'unknown_key' | 'wrong_direction' | 'not_authentic';

/** A message that does not open: not one of ours, changed on its way, or meant for something else. */
export class RefusedMessage extends Error {
  constructor(readonly reason: RefusalReason) {
    super(`message refused: ${reason}`);
    this.name = 'RefusedMessage';
  }
}

/** A message opened: its header, now known to be the sender's, and what was sealed. */
export interface OpenedMessage {
  header: Header;
  content: Buffer;
}

interface TransportKey {
  id: Buffer;
  key: Secret<Uint8Array>;
}

/**
 * Seals and opens what crosses Redis: AES-256-GCM under a subkey that is this instance's alone, HKDF-SHA256 (RFC 5869) of the
 * transport key with 16 random bytes as salt. As no two instances share a subkey, the nonce is a plain counter and never
 * repeats, however many messages are sent.
 */
export class Sealer {
  private readonly keys: readonly TransportKey[];
  private readonly sealingKey: Buffer;
  private readonly prefix: Buffer;
  private readonly subkeys = new Map<string, Buffer>();
  private sealed = 0;

  /** `transportKeys`: 32 bytes each. The first one seals, all of them open: a rotation adds the new key behind, then puts it first. */
  constructor(transportKeys: readonly Secret<Uint8Array>[]) {
    const [first, ...others] = transportKeys.map(identify);
    if (first === undefined) throw new TypeError('no transport key');
    this.keys = [first, ...others];
    const salt = randomBytes(saltBytes);
    this.sealingKey = deriveSubkey(first.key, salt);
    this.prefix = Buffer.concat([Buffer.from([wireVersion, 0]), first.id, salt]);
  }

  /** Seals `content` beside a readable `envelope` (see `encodeEnvelope`). Returns the frame. */
  seal(direction: Direction, envelope: Buffer, content: Buffer | string): Buffer {
    const contentBytes = typeof content === 'string' ? Buffer.byteLength(content) : content.length;
    const headerBytes = envelopeOffset + envelope.length;
    const frame = Buffer.allocUnsafe(headerBytes + contentBytes + tagBytes);
    this.prefix.copy(frame, 0);
    frame[1] = direction;
    frame.fill(0, nonceOffset, nonceOffset + nonceBytes - 6);
    frame.writeUIntBE((this.sealed += 1), nonceOffset + nonceBytes - 6, 6);
    envelope.copy(frame, envelopeOffset);
    const nonce = frame.subarray(nonceOffset, nonceOffset + nonceBytes);
    const cipher = createCipheriv(algorithm, this.sealingKey, nonce);
    cipher.setAAD(frame.subarray(0, headerBytes));
    const ciphertext = typeof content === 'string' ? cipher.update(content, 'utf8') : cipher.update(content);
    cipher.final();
    ciphertext.copy(frame, headerBytes);
    cipher.getAuthTag().copy(frame, headerBytes + contentBytes);
    return frame;
  }

  /** Opens a frame sealed for `direction` by any process with one of the transport keys. Throws `RefusedMessage`. */
  open(frame: Buffer, ...directions: readonly Direction[]): OpenedMessage {
    const header = readHeader(frame);
    if (header === null) throw new RefusedMessage('malformed');
    if (!directions.includes(frame[1] as Direction)) throw new RefusedMessage('wrong_direction');
    const sender = frame.toString('latin1', keyIdOffset, nonceOffset);
    const known = this.subkeys.get(sender);
    const subkey = known ?? this.derive(frame);
    const decipher = createDecipheriv(algorithm, subkey, frame.subarray(nonceOffset, nonceOffset + nonceBytes), {
      authTagLength: tagBytes,
    });
    decipher.setAAD(frame.subarray(0, header.end));
    decipher.setAuthTag(frame.subarray(frame.length - tagBytes));
    const content = decipher.update(frame.subarray(header.end, frame.length - tagBytes));
    try {
      decipher.final();
    } catch {
      throw new RefusedMessage('not_authentic');
    }
    // Only now: salts made up by somebody else must not push out those of living senders.
    if (known === undefined) this.remember(sender, subkey);
    return { header, content };
  }

  private derive(frame: Buffer): Buffer {
    const id = frame.subarray(keyIdOffset, keyIdOffset + keyIdBytes);
    const transportKey = this.keys.find((candidate) => candidate.id.equals(id));
    if (transportKey === undefined) throw new RefusedMessage('unknown_key');
    return deriveSubkey(transportKey.key, frame.subarray(saltOffset, saltOffset + saltBytes));
  }

  private remember(sender: string, subkey: Buffer): void {
    if (this.subkeys.size >= mostSubkeys) {
      const oldest = this.subkeys.keys().next();
      if (oldest.done !== true) this.subkeys.delete(oldest.value);
    }
    this.subkeys.set(sender, subkey);
  }
}

/** Reads transport keys as configured: 64 hex digits each, separated by commas. Errors never repeat the text. */
export function parseTransportKeys(text: Secret): Secret<Uint8Array>[] {
  const keys = text.reveal().split(',');
  if (!keys.every((key) => /^[0-9a-f]{64}$/i.test(key))) throw new TypeError('a transport key is 64 hex digits');
  return keys.map((key) => new Secret(new Uint8Array(Buffer.from(key, 'hex'))));
}

/** Names a transport key by a hash of it, so that a receiver with several knows which to take. */
function identify(key: Secret<Uint8Array>): TransportKey {
  const bytes = key.reveal();
  if (bytes.length !== transportKeyBytes) throw new TypeError(`a transport key has ${transportKeyBytes} bytes`);
  const hash = createHash('sha256').update('otpost transport key id v1').update(bytes).digest();
  return { id: hash.subarray(0, keyIdBytes), key };
}

function deriveSubkey(key: Secret<Uint8Array>, salt: Uint8Array): Buffer {
  return Buffer.from(hkdfSync('sha256', key.reveal(), salt, subkeyInfo, transportKeyBytes));
}
