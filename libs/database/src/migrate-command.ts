import { readFileSync } from 'node:fs';
import { migrate } from './migrate.js';
import { ensureRoles, serviceRoles } from './roles.js';
import type { ServiceRole } from './roles.js';

/**
 * Migrates the schema, then gives the service roles their passwords; prints one line for each thing done. Without any
 * OTPOST_*_DB_PASSWORD the roles are left as they are (managed elsewhere). `<NAME>_FILE` may name a file with the value.
 * @returns the exit code: 0 done, 1 failed (said in the last line), 2 a variable is missing.
 */
export async function migrateCommand(environment: Environment, print: (line: string) => void): Promise<number> {
  try {
    const ownerUrl = variable(environment, 'DATABASE_OWNER_URL');
    if (ownerUrl === undefined) {
      print('migrate: DATABASE_OWNER_URL is not set');
      return 2;
    }
    const services = Object.keys(serviceRoles) as ServiceRole[];
    const given = services.map((service) => [service, variable(environment, passwordVariable(service))] as const);
    const missing = given
      .filter(([, password]) => password === undefined)
      .map(([service]) => passwordVariable(service));
    if (missing.length > 0 && missing.length < services.length) {
      print(`migrate: ${missing.join(', ')} not set: set all of them, or none`);
      return 2;
    }
    await migrate({ ownerUrl, onProgress: (line) => print(`migrate: ${line}`) });
    if (missing.length > 0) {
      print('migrate: no passwords given, roles left as they are');
    } else {
      await ensureRoles(ownerUrl, Object.fromEntries(given) as Record<ServiceRole, string>);
      print(`migrate: roles ready: ${Object.values(serviceRoles).join(', ')}`);
    }
    return 0;
  } catch (error) {
    print(`migrate: ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  }
}

export type Environment = Readonly<Record<string, string | undefined>>;

function passwordVariable(service: ServiceRole): string {
  return `OTPOST_${service.toUpperCase()}_DB_PASSWORD`;
}

function variable(environment: Environment, name: string): string | undefined {
  const file = environment[`${name}_FILE`];
  const value = file === undefined || file === '' ? environment[name] : readFileSync(file, 'utf8').trimEnd();
  return value === '' ? undefined : value;
}
