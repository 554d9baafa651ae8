import { createHmac, randomBytes } from 'node:crypto';
import { decrypt, encrypt } from '../aes-256-gcm.js';
import { type HttpStandIn, type StandInAnswer, type StandInRequest, startHttpStandIn } from './http-stand-in.js';

export interface TransitStandInOptions {
  namespace?: string;
  /** Whether the key derives one for each context. */
  derived?: boolean;
  type?: string;
}

export interface TransitStandIn extends HttpStandIn {
  key: string;
  /** The token that is let in; may be changed. */
  token: string;
  /** Makes another version of the key. */
  rotate: () => void;
  setLeastDecryptionVersion: (version: number) => void;
}

/** The Transit engine as its API documentation has it, mounted at `transit/`, with one key. */
export async function startTransitStandIn(options: TransitStandInOptions = {}): Promise<TransitStandIn> {
  const key = 'otpost';
  const versions = [randomBytes(32)];
  let least = 1;

  const keyOf = (version: number, context: Buffer) => {
    const bytes = versions[version - 1] ?? Buffer.alloc(32);
    return options.derived === true ? createHmac('sha256', bytes).update(context).digest() : bytes;
  };

  const verbs: Record<string, (body: Record<string, unknown>) => StandInAnswer> = {
    encrypt: (body) => {
      const version = Number(body['key_version'] ?? versions.length);
      if (version > versions.length)
        return refuse(400, 'requested version for encryption is higher than the latest key version');
      const encrypted = encrypt(
        keyOf(version, bytesOf(body['context'])),
        bytesOf(body['plaintext']),
        bytesOf(body['associated_data']),
      );
      const ciphertext = `vault:v${version}:${encrypted.toString('base64')}`;
      return { status: 200, body: { data: { ciphertext, key_version: version } } };
    },
    decrypt: (body) => {
      const [, digits, encoded] = /^vault:v(\d+):(.*)$/.exec(String(body['ciphertext'])) ?? [];
      if (digits === undefined || encoded === undefined) return refuse(400, 'invalid ciphertext: no prefix');
      const version = Number(digits);
      if (version > versions.length) return refuse(400, 'invalid ciphertext: version is too new');
      if (version < least) return refuse(400, 'ciphertext or signature version is disallowed by policy (too old)');
      const encrypted = bytesOf(encoded);
      if (encrypted.length < 12) return refuse(400, 'invalid ciphertext length');
      try {
        const plaintext = decrypt(
          keyOf(version, bytesOf(body['context'])),
          encrypted,
          bytesOf(body['associated_data']),
        );
        return { status: 200, body: { data: { plaintext: plaintext.toString('base64') } } };
      } catch {
        return refuse(400, 'cipher: message authentication failed');
      }
    },
  };

  const answer = ({ method, path, headers, body }: StandInRequest): StandInAnswer => {
    if (headers['x-vault-token'] !== standIn.token) return refuse(403, 'permission denied');
    if (headers['x-vault-namespace'] !== options.namespace) return refuse(404);
    const [, verb = '', name] = /^\/v1\/transit\/(keys|encrypt|decrypt)\/([\w.-]+)$/.exec(path) ?? [];
    if (method === 'GET' && verb === 'keys') {
      if (name !== key) return refuse(404);
      const data = {
        name,
        type: options.type ?? 'aes256-gcm96',
        derived: options.derived === true,
        latest_version: versions.length,
      };
      return { status: 200, body: { data } };
    }
    const serve = method === 'POST' ? verbs[verb] : undefined;
    if (serve === undefined) return refuse(404);
    return name === key ? serve(body) : refuse(400, 'encryption key not found');
  };

  const standIn: TransitStandIn = Object.assign(await startHttpStandIn((request) => answer(request)), {
    key,
    token: 'hvs.stand-in',
    rotate: () => void versions.push(randomBytes(32)),
    setLeastDecryptionVersion: (version: number) => {
      least = version;
    },
  });
  return standIn;
}

/** Errors as the engine sends them. */
export function refuse(status: number, ...errors: string[]): StandInAnswer {
  return { status, body: { errors } };
}

function bytesOf(field: unknown): Buffer {
  return Buffer.from(typeof field === 'string' ? field : '', 'base64');
}
