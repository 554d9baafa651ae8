import { Option, type Command } from 'commander';
import type { Login, OtpostClient, paths } from '@otpost/client';
import { CliError } from './errors.js';
import { table } from './output.js';

type VaultAnswer = paths['/vault']['get']['responses'][200]['content']['application/json'];
export type Credential = Exclude<VaultAnswer, unknown[]>;

export interface LoginOptions {
  user?: string;
  domain?: string;
  credential?: string;
  secret?: string;
}

const idsConflict = ['user', 'domain'];

/** The ways to name a login, the same for all commands. */
export function takesLogin(command: Command, { withSecret }: { withSecret: boolean }): Command {
  command
    .argument('[domain]', 'the site, where only one credential has it')
    .option('-u, --user <user>', 'permissioned_user_id of the credential')
    .option('-d, --domain <domain>', 'domain of the credential')
    .addOption(new Option('--credential <id>', 'the credential by its id').conflicts(idsConflict));
  if (withSecret) {
    command.addOption(new Option('--secret <id>', 'an OTP secret by its id').conflicts([...idsConflict, 'credential']));
  }
  return command;
}

/** What was given on the command line, in one: the argument is a domain too. */
export function loginOptions(domain: string | undefined, options: LoginOptions): LoginOptions {
  if (domain === undefined) return options;
  if (options.domain !== undefined || options.credential !== undefined || options.secret !== undefined) {
    throw new CliError('usage', `"${domain}" is a second name for the login: give one`);
  }
  return { ...options, domain };
}

/** @throws CliError where nothing is named, nothing is found, or several could be meant */
export async function resolveLogin(client: OtpostClient, options: LoginOptions): Promise<Login> {
  const { user, domain, credential, secret } = options;
  if (secret !== undefined) return { otp_secret_id: secret };
  if (credential !== undefined) return { credential_id: credential };
  if (user !== undefined && domain !== undefined) return { permissioned_user_id: user, domain };
  const { permissioned_user_id, domain: found } = await findCredential(client, options);
  return { permissioned_user_id, domain: found };
}

/** The one credential that is named. @throws as `resolveLogin` */
export async function findCredential(client: OtpostClient, options: LoginOptions): Promise<Credential> {
  const { user, domain, credential } = options;
  if (user !== undefined && domain !== undefined) {
    const pair = { permissioned_user_id: user, domain };
    return (await client.get('/vault', { params: { query: pair } })) as Credential;
  }
  if (user === undefined && domain === undefined && credential === undefined) {
    throw new CliError('usage', 'name the login: a domain, --user and --domain, or --credential');
  }
  const found = (await listCredentials(client, options)).filter(({ id }) => (credential ?? id) === id);
  const [first, ...others] = found;
  const name = [user, domain ?? credential].filter((part) => part !== undefined).join(' at ');
  if (first === undefined) throw new CliError('notFound', `there is no credential ${name}`);
  if (others.length > 0) {
    const lines = table(found.map((one) => [one.permissioned_user_id, one.domain, one.id])).split('\n');
    throw new CliError(
      'usage',
      `${found.length} credentials are ${name}: tell which with --user or --credential`,
      lines,
    );
  }
  return first;
}

export async function listCredentials(
  client: OtpostClient,
  { user, domain }: Pick<LoginOptions, 'user' | 'domain'>,
): Promise<Credential[]> {
  const host = domain === undefined ? undefined : await hostOf(domain);
  const all = await client.get('/vault');
  return (Array.isArray(all) ? all : [all]).filter(
    (one) => (user ?? one.permissioned_user_id) === one.permissioned_user_id && (host ?? one.domain) === one.domain,
  );
}

async function hostOf(domain: string): Promise<string> {
  // Only where it is needed: the contracts take longer to load than the rest of a command.
  const { normaliseDomain } = await import('@otpost/contracts');
  const host = normaliseDomain(domain);
  if (host === null) throw new CliError('usage', `"${domain}" names no host`);
  return host;
}
