import { z } from 'zod';
import { isAwsKmsArn, isGoogleCloudKmsKey, keyProviderNames } from '@otpost/envelope';
import { list, secretText } from './config-fields.js';

const endpoint = z.url({ protocol: /^https?$/ }).transform((url) => url.replace(/\/+$/, ''));
const path = z
  .string()
  .transform((text) => text.replace(/^\/+|\/+$/g, ''))
  .pipe(z.string().regex(/^[\w-][\w.-]*(\/[\w-][\w.-]*)*$/, 'must be a path, as in team/transit'));

/** Of the vault alone: where its key-encryption keys are. What each provider needs is asked for when it is named. */
export const keyProviderFields = {
  OTPOST_KEY_PROVIDER: z
    .enum(keyProviderNames)
    .default('local')
    .meta({
      description: `Where the key-encryption key is that wraps new data keys: ${keyProviderNames.join(', ')}.`,
    }),
  OTPOST_OTHER_KEY_PROVIDERS: list
    .pipe(z.array(z.enum(keyProviderNames)))
    .optional()
    .meta({
      description:
        'Providers, comma separated, that unwrap what they once wrapped: while keys move from one to another.',
      example: 'local',
    }),
  OTPOST_KEYRING_FILE: z.string().min(1).optional().meta({
    description:
      'local: the key-encryption keys, a file made by `./otpost up` or `./otpost keys init`, readable by the vault alone.',
    example: '/run/secrets/keyring.json',
  }),
  OTPOST_AWS_KMS_KEY: z.string().refine(isAwsKmsArn, 'must be the ARN of a key or of an alias').optional().meta({
    description: 'aws-kms: ARN of a symmetric key or of an alias. Credentials as the AWS SDK finds them.',
    example: 'arn:aws:kms:eu-central-1:111122223333:alias/otpost',
  }),
  OTPOST_AWS_KMS_ENDPOINT: endpoint.optional().meta({
    description: "aws-kms: in place of the region's own, as with a VPC endpoint or in a test.",
    example: 'https://vpce-0123.kms.eu-central-1.vpce.amazonaws.com',
  }),
  OTPOST_GCP_KMS_KEY: z
    .string()
    .refine(isGoogleCloudKmsKey, 'must be projects/…/locations/…/keyRings/…/cryptoKeys/…')
    .optional()
    .meta({
      description: 'gcp-kms: resource name of a key. Credentials as Google finds them (application default).',
      example: 'projects/acme/locations/europe-west3/keyRings/otpost/cryptoKeys/kek',
    }),
  OTPOST_GCP_KMS_ENDPOINT: endpoint.optional().meta({
    description: 'gcp-kms: in place of https://cloudkms.googleapis.com.',
    example: 'https://cloudkms.europe-west3.rep.googleapis.com',
  }),
  OTPOST_TRANSIT_URL: endpoint.optional().meta({
    description: 'transit: URL of HashiCorp Vault or OpenBao.',
    example: 'https://vault.example.com:8200',
  }),
  OTPOST_TRANSIT_KEY: z
    .string()
    .regex(/^[\w-][\w.-]*$/, 'must be the name of a key')
    .optional()
    .meta({ description: 'transit: name of the key.', example: 'otpost' }),
  OTPOST_TRANSIT_MOUNT: path.default('transit').meta({ description: 'transit: where the engine is mounted.' }),
  OTPOST_TRANSIT_NAMESPACE: path.optional().meta({
    description: 'transit: namespace that the mount is in. Default: none.',
    example: 'admin/team',
  }),
  OTPOST_TRANSIT_TOKEN_FILE: z.string().min(1).optional().meta({
    description: 'transit: file with the token, read before each call: an agent renews it there.',
    example: '/run/vault/token',
  }),
  OTPOST_TRANSIT_TOKEN: secretText(z.string().regex(/^[\x21-\x7e]+$/, 'must be one token'))
    .optional()
    .meta({ description: 'transit: the token itself. Nobody renews this one.', example: 'hvs.…' }),
};

export const keyProviderVariables = Object.keys(keyProviderFields) as (keyof typeof keyProviderFields)[];
