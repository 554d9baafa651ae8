import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decrypt, encrypt } from '../aes-256-gcm.js';
import { crc32c } from '../key-providers/crc32c.js';
import { type HttpStandIn, type StandInAnswer, type StandInRequest, startHttpStandIn } from './http-stand-in.js';

export interface GoogleCloudKmsStandIn extends HttpStandIn {
  keyName: string;
  /** As `GOOGLE_APPLICATION_CREDENTIALS` names one: workload identity, with this stand-in's token endpoint. */
  credentialsFile: string;
  /** Makes a version and the primary one of it. @returns its name */
  rotate: () => string;
  setState: (versionName: string, state: 'ENABLED' | 'DISABLED' | 'DESTROYED') => void;
}

interface Version {
  name: string;
  state: string;
  bytes: Buffer;
}

const token = 'ya29.stand-in';

/** Google Cloud KMS as its REST reference has it (v1), in the methods that otpost calls, and an OAuth token endpoint. */
export async function startGoogleCloudKmsStandIn(): Promise<GoogleCloudKmsStandIn> {
  const keyName = 'projects/acme-prod/locations/europe-west3/keyRings/otpost/cryptoKeys/kek';
  const versions: Version[] = [];
  const rotate = () => {
    const name = `${keyName}/cryptoKeyVersions/${versions.length + 1}`;
    versions.push({ name, state: 'ENABLED', bytes: randomBytes(32) });
    return name;
  };
  rotate();

  const encryptWith = (version: Version | undefined, body: Record<string, unknown>): StandInAnswer => {
    if (version === undefined) return refuse(404, 'NOT_FOUND');
    if (version.state !== 'ENABLED') return refuse(400, 'FAILED_PRECONDITION');
    const [plaintext, data] = [bytesOf(body['plaintext']), bytesOf(body['additionalAuthenticatedData'])];
    if (!holds(plaintext, body['plaintextCrc32c']) || !holds(data, body['additionalAuthenticatedDataCrc32c']))
      return refuse(400, 'INVALID_ARGUMENT');
    const number = Number(version.name.split('/').at(-1));
    const ciphertext = Buffer.concat([Uint8Array.of(number), encrypt(version.bytes, plaintext, data)]);
    return {
      status: 200,
      body: {
        name: version.name,
        ciphertext: ciphertext.toString('base64'),
        ciphertextCrc32c: String(crc32c(ciphertext)),
        verifiedPlaintextCrc32c: true,
        verifiedAdditionalAuthenticatedDataCrc32c: true,
        protectionLevel: 'SOFTWARE',
      },
    };
  };

  const decryptAny = (body: Record<string, unknown>): StandInAnswer => {
    const [ciphertext, data] = [bytesOf(body['ciphertext']), bytesOf(body['additionalAuthenticatedData'])];
    if (!holds(ciphertext, body['ciphertextCrc32c']) || !holds(data, body['additionalAuthenticatedDataCrc32c']))
      return refuse(400, 'INVALID_ARGUMENT');
    const version = versions[(ciphertext[0] ?? 0) - 1];
    if (version === undefined) return refuse(400, 'INVALID_ARGUMENT');
    if (version.state !== 'ENABLED') return refuse(400, 'FAILED_PRECONDITION');
    try {
      const plaintext = decrypt(version.bytes, ciphertext.subarray(1), data);
      return {
        status: 200,
        body: {
          plaintext: plaintext.toString('base64'),
          plaintextCrc32c: String(crc32c(plaintext)),
          usedPrimary: version === versions.at(-1),
        },
      };
    } catch {
      return refuse(400, 'INVALID_ARGUMENT');
    }
  };

  const answer = ({ method, path, headers, body }: StandInRequest): StandInAnswer => {
    if (path === '/token')
      return { status: 200, body: { access_token: token, token_type: 'Bearer', expires_in: 3600 } };
    if (headers.authorization !== `Bearer ${token}`) return refuse(401, 'UNAUTHENTICATED');
    const [, resource = '', verb = ''] = /^\/v1\/([^:]+)(?::(\w+))?$/.exec(path) ?? [];
    if (method === 'POST' && verb === 'encrypt')
      return encryptWith(
        versions.find(({ name }) => name === resource),
        body,
      );
    if (resource !== keyName) return refuse(404, 'NOT_FOUND');
    if (method === 'POST' && verb === 'decrypt') return decryptAny(body);
    const { name, state } = versions.at(-1) ?? {};
    return { status: 200, body: { name: keyName, purpose: 'ENCRYPT_DECRYPT', primary: { name, state } } };
  };

  const server = await startHttpStandIn(answer);
  const directory = mkdtempSync(join(tmpdir(), 'otpost-gcp-'));
  const close = server.close;
  return Object.assign(server, {
    keyName,
    credentialsFile: writeCredentials(directory, server.url),
    rotate,
    setState: (versionName: string, state: string) => {
      const version = versions.find(({ name }) => name === versionName);
      if (version) version.state = state;
    },
    close: async () => {
      await close();
      rmSync(directory, { recursive: true });
    },
  });
}

/** An error as Google sends it. */
export function refuse(code: number, status: string, message = 'the words of the server'): StandInAnswer {
  return { status: code, body: { error: { code, status, message: `canary: ${message}` } } };
}

function writeCredentials(directory: string, url: string): string {
  const subject = join(directory, 'subject-token');
  writeFileSync(subject, 'a token of the cluster');
  const path = join(directory, 'credentials.json');
  const credentials = {
    type: 'external_account',
    audience: '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/pool/providers/provider',
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    token_url: `${url}/token`,
    credential_source: { file: subject },
  };
  writeFileSync(path, JSON.stringify(credentials));
  return path;
}

/** A field that is absent is no bytes. */
function bytesOf(field: unknown): Buffer {
  return Buffer.from(typeof field === 'string' ? field : '', 'base64');
}

function holds(bytes: Buffer, checksum: unknown): boolean {
  return checksum === String(crc32c(bytes));
}
