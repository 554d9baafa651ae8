import { randomBytes, randomUUID } from 'node:crypto';
import { decrypt, encrypt } from '../aes-256-gcm.js';
import { lengthPrefixed } from '../length-prefixed.js';
import { type HttpStandIn, type StandInAnswer, type StandInRequest, startHttpStandIn } from './http-stand-in.js';

export interface AwsKmsStandIn extends HttpStandIn {
  aliasArn: string;
  credentials: { accessKeyId: string; secretAccessKey: string };
  /** Makes a key and lets the alias name it. @returns its ARN */
  pointAliasAtNewKey: () => string;
  setState: (arn: string, state: 'Enabled' | 'Disabled' | 'PendingDeletion') => void;
}

interface Key {
  arn: string;
  state: string;
  bytes: Buffer;
}

const account = 'arn:aws:kms:eu-central-1:111122223333:';
const credentials = { accessKeyId: 'AKIDSTANDIN', secretAccessKey: 'stand-in' };

/** AWS KMS as its API reference has it (AWS JSON 1.1), in the operations that otpost calls. Signatures are not verified. */
export async function startAwsKmsStandIn(): Promise<AwsKmsStandIn> {
  const keys = new Map<string, Key>();
  let aliased = '';

  const pointAliasAtNewKey = () => {
    aliased = `${account}key/${randomUUID()}`;
    keys.set(aliased, { arn: aliased, state: 'Enabled', bytes: randomBytes(32) });
    return aliased;
  };
  pointAliasAtNewKey();

  const aliasArn = `${account}alias/otpost`;
  const find = (id: unknown): Key | undefined => keys.get(id === aliasArn ? aliased : String(id));

  const operations: Record<string, (body: Record<string, unknown>) => StandInAnswer> = {
    DescribeKey: ({ KeyId }) => {
      const key = find(KeyId);
      if (key === undefined) return refuse('NotFoundException');
      const KeyMetadata = { Arn: key.arn, KeyId: key.arn.split('/')[1], KeyState: key.state };
      return { status: 200, body: { KeyMetadata: { ...KeyMetadata, Enabled: key.state === 'Enabled' } } };
    },
    Encrypt: ({ KeyId, Plaintext, EncryptionContext }) => {
      const key = find(KeyId);
      if (key === undefined) return refuse('NotFoundException');
      const state = refuseByState(key);
      if (state) return state;
      const plaintext = Buffer.from(String(Plaintext), 'base64');
      if (plaintext.length < 1 || plaintext.length > 4096) return refuse('ValidationException');
      const encrypted = encrypt(key.bytes, plaintext, associatedData(key, EncryptionContext));
      const name = Buffer.from(key.arn);
      const CiphertextBlob = Buffer.concat([Uint8Array.of(name.length), name, encrypted]).toString('base64');
      return { status: 200, body: { CiphertextBlob, KeyId: key.arn, EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' } };
    },
    Decrypt: ({ KeyId, CiphertextBlob, EncryptionContext }) => {
      const blob = Buffer.from(String(CiphertextBlob), 'base64');
      if (blob.length === 0) return refuse('ValidationException');
      const key = find(KeyId);
      if (key === undefined) return refuse('NotFoundException');
      const end = 1 + (blob[0] ?? 0);
      const inside = keys.get(blob.subarray(1, end).toString());
      if (inside === undefined) return refuse('InvalidCiphertextException');
      if (inside !== key) return refuse('IncorrectKeyException');
      const state = refuseByState(key);
      if (state) return state;
      try {
        const Plaintext = decrypt(key.bytes, blob.subarray(end), associatedData(key, EncryptionContext));
        return { status: 200, body: { Plaintext: Plaintext.toString('base64'), KeyId: key.arn } };
      } catch {
        return refuse('InvalidCiphertextException');
      }
    },
  };

  const answer = ({ headers, body }: StandInRequest): StandInAnswer => {
    if (headers['content-type'] !== 'application/x-amz-json-1.1') return refuse('SerializationException');
    if (headers.authorization?.includes(`Credential=${credentials.accessKeyId}/`) !== true)
      return refuse('UnrecognizedClientException');
    const [service, operation = ''] = String(headers['x-amz-target']).split('.');
    const serve = service === 'TrentService' ? operations[operation] : undefined;
    return serve === undefined ? refuse('UnknownOperationException') : serve(body);
  };

  const server = await startHttpStandIn(answer);
  return Object.assign(server, {
    aliasArn,
    credentials,
    pointAliasAtNewKey,
    setState: (arn: string, state: string) => {
      const key = keys.get(arn);
      if (key) key.state = state;
    },
  });
}

/** An error as AWS KMS sends it. */
export function refuse(type: string, status = 400): StandInAnswer {
  return { status, body: { __type: type, message: 'canary: the words of the server' } };
}

function refuseByState(key: Key): StandInAnswer | undefined {
  if (key.state === 'Disabled') return refuse('DisabledException');
  return key.state === 'Enabled' ? undefined : refuse('KMSInvalidStateException');
}

/** The order of its entries is of no matter. */
function associatedData(key: Key, context: unknown): Uint8Array {
  const entries = Object.entries((context ?? {}) as Record<string, string>).sort(([one], [other]) =>
    one < other ? -1 : 1,
  );
  return lengthPrefixed(key.arn, ...entries.flat());
}
