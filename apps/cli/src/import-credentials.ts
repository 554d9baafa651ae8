import { OtpostError, type OtpostClient } from '@otpost/client';
import { buildOtpauthUri, type OtpAccount } from '@otpost/otp';
import { identityOf, type ExportedLogin } from './exports/entry.js';
import type { Importer, Outcome } from './import.js';

export interface CredentialOptions {
  passwords?: boolean;
  user?: string;
  /** Domains by the name that an export gives, in lower case. */
  site?: Map<string, string>;
}

interface Login {
  permissioned_user_id: string;
  domain: string;
}

interface Present {
  id: string;
  hasSecondFactor: boolean;
}

interface Known {
  name: string;
  identity: string;
}

/**
 * Each entry becomes a credential of its site and user, with its authenticator. One that is there and has no second factor gets the
 * authenticator attached; one that has one is left as it is, so that a second run changes nothing.
 */
export function intoCredentials(client: OtpostClient, options: CredentialOptions, isDryRun: boolean): Importer {
  let present: Promise<Map<string, Present>> | undefined;
  const firsts = new Map<string, Known>();
  return async (entry) => {
    const { name, login: exported } = entry;
    const account = 'account' in entry ? entry.account : null;
    if (account === null && options.passwords !== true) return null;
    const login = await loginOf(name, account, exported, options);
    if (typeof login === 'string') return outcome('refused', null, login);

    const pair = JSON.stringify([login.permissioned_user_id, login.domain]);
    // With one user for all, two accounts at a site are of one name and yet not the same.
    const identity =
      account === null ? JSON.stringify([exported?.userName, exported?.password?.reveal()]) : identityOf(account);
    const first = firsts.get(pair);
    if (first?.identity === identity) return { ...outcome('duplicate', null, `the same as ${first.name}`), login };
    if (first !== undefined) {
      return {
        ...outcome('refused', null, `${first.name} has the same user and site, which is one login here`),
        login,
      };
    }
    firsts.set(pair, { name, identity });

    const there = (await (present ??= listPresent(client))).get(pair);
    if (there !== undefined && (there.hasSecondFactor || account === null)) {
      return { ...outcome('there already', there.id, null), login };
    }
    const verb = there === undefined ? 'stored' : 'attached';
    if (isDryRun) return { ...outcome(`would be ${verb}`, there?.id ?? null, null), login };
    if (there === undefined) return { ...(await create(client, login, account, exported, options)), login };
    await client.put('/vault', { body: { id: there.id, ...secondFactor(account) } });
    return { ...outcome('attached', there.id, null), login };
  };
}

/** Whose it is and where it logs in; or why nobody can tell. */
async function loginOf(
  name: string,
  account: OtpAccount | null,
  exported: ExportedLogin | undefined,
  { user, site }: CredentialOptions,
): Promise<Login | string> {
  const { normaliseDomain } = await import('@otpost/contracts');
  const issuer = account?.issuer ?? '';
  const told = site?.get(issuer.toLowerCase()) ?? site?.get(name.toLowerCase());
  // Some apps have the site itself for an issuer.
  const found = told ?? exported?.site ?? (/^[^\s:]+\.[^\s.:]+$/.test(issuer) ? issuer : null);
  if (found === null) return `the export gives no site: add --site "${issuer || name}=<domain>"`;
  const domain = normaliseDomain(found);
  if (domain === null) return `its site names no host: add --site "${issuer || name}=<domain>"`;
  const owner = user ?? userNameOf(account, exported);
  return owner === null ? 'the export gives no user name: add --user <user>' : { permissioned_user_id: owner, domain };
}

function userNameOf(account: OtpAccount | null, exported: ExportedLogin | undefined): string | null {
  return exported?.userName ?? (account?.label || null);
}

async function listPresent(client: OtpostClient): Promise<Map<string, Present>> {
  const all = await client.get('/vault');
  return new Map(
    (Array.isArray(all) ? all : [all]).map(({ id, permissioned_user_id, domain, tfa_method }) => [
      JSON.stringify([permissioned_user_id, domain]),
      { id, hasSecondFactor: tfa_method !== null },
    ]),
  );
}

async function create(
  client: OtpostClient,
  login: Login,
  account: OtpAccount | null,
  exported: ExportedLogin | undefined,
  { passwords }: CredentialOptions,
): Promise<Outcome> {
  const password = passwords === true ? (exported?.password?.reveal() ?? null) : null;
  const body = { ...login, user_name: userNameOf(account, exported), password, ...secondFactor(account) };
  try {
    return outcome('stored', (await client.post('/vault', { body })).id, null);
  } catch (error) {
    // Somebody made it since the list was read.
    if (error instanceof OtpostError && error.status === 409) return outcome('there already', null, null);
    throw error;
  }
}

function secondFactor(account: OtpAccount | null) {
  return account === null ? {} : { tfa_method: 'AUTHENTICATOR' as const, tfa_secret: buildOtpauthUri(account) };
}

function outcome(result: Outcome['result'], id: string | null, reason: string | null): Outcome {
  return { result, id, reason };
}
