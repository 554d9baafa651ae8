import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';

const dayMs = 24 * 60 * 60 * 1_000;
const validDays = 825;

/**
 * A key and a certificate (X.509 v3, RFC 5280; ECDSA over P-256) for one host name, signed by itself. For STARTTLS where nothing better
 * is configured: senders of mail encrypt to whoever answers (RFC 7435), and a key made now is better than one that was published.
 */
export function selfSignedCertificate(hostName: string, now = new Date()): { key: string; cert: string } {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const name = sequence(set(sequence(oid(commonName), utf8String(hostName.slice(0, 64)))));
  const algorithm = sequence(oid(ecdsaWithSha256));
  const certificate = sequence(
    explicit(0, integer(Uint8Array.of(2))),
    integer(positive(randomBytes(16))),
    algorithm,
    name,
    sequence(utcTime(new Date(now.getTime() - dayMs)), utcTime(new Date(now.getTime() + validDays * dayMs))),
    name,
    publicKey.export({ format: 'der', type: 'spki' }),
    explicit(3, sequence(sequence(oid(subjectAltName), octetString(sequence(dnsName(hostName)))))),
  );
  const signature = sign('sha256', certificate, privateKey);
  const der = sequence(certificate, algorithm, bitString(signature));
  const lines = der.toString('base64').replace(/(.{64})(?=.)/g, '$1\n');
  return {
    key: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
  };
}

/** Object identifiers, encoded. */
const commonName = [0x55, 0x04, 0x03];
const subjectAltName = [0x55, 0x1d, 0x11];
const ecdsaWithSha256 = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];

// The distinguished encoding of ASN.1 (X.690), as much of it as a certificate needs.

function encode(tag: number, content: Uint8Array): Buffer {
  const { length } = content;
  const prefix = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Uint8Array.of(tag, ...prefix), content]);
}

const sequence = (...items: Uint8Array[]) => encode(0x30, Buffer.concat(items));
const set = (item: Uint8Array) => encode(0x31, item);
const integer = (bytes: Uint8Array) => encode(0x02, bytes);
const oid = (bytes: number[]) => encode(0x06, Uint8Array.from(bytes));
const utf8String = (text: string) => encode(0x0c, Buffer.from(text));
const octetString = (bytes: Uint8Array) => encode(0x04, bytes);
const bitString = (bytes: Uint8Array) => encode(0x03, Buffer.concat([Uint8Array.of(0), bytes]));
const explicit = (tag: number, item: Uint8Array) => encode(0xa0 + tag, item);
const dnsName = (name: string) => encode(0x82, Buffer.from(name));

/** Before 2050 (RFC 5280, section 4.1.2.5): YYMMDDHHMMSSZ. */
function utcTime(time: Date): Buffer {
  const digits = time.toISOString().replace(/[^0-9]/g, '');
  return encode(0x17, Buffer.from(`${digits.slice(2, 14)}Z`));
}

/** With the first bit clear and the second set: positive, and in its shortest form. */
function positive(bytes: Uint8Array): Uint8Array {
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes;
}
