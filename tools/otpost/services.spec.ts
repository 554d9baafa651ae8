import { describe, expect, it } from '@jest/globals';
import { createServer } from 'node:net';
import { Home } from './home.mjs';
import { Ports } from './ports.mjs';
import { planReplicas, serviceEnvironment, urlsOf } from './services.mjs';

const home = new Home('/srv/otpost home');
const passwords = {
  superuser: 's',
  owner: 'o',
  redis: 'r',
  gateway: 'g',
  vault: 'v',
  ingestor: 'i',
  dispatcher: 'd',
};
const ground = {
  ownerUrl: 'postgresql://boss:secret@db.example:5433/otpost?sslmode=require',
  redisUrl: 'redis://x',
  passwords,
};
const anyPorts = { OTPOST_GATEWAY_PORT: '0', OTPOST_INGEST_PORT: '0', OTPOST_SMTP_PORT: '0' };

function environmentOf(service: 'gateway' | 'vault' | 'ingestor' | 'dispatcher', given: Record<string, string> = {}) {
  const replica = { service, name: service, host: '127.0.0.1', port: 4000 };
  const urls = { gateway_url: 'http://g', ingest_url: 'http://i', smtp_url: 'smtp://s' };
  return serviceEnvironment(replica, urls, home, ground, given);
}

describe('the environment of a service', () => {
  it('leads to PostgreSQL as its own role, on the server of DATABASE_URL with its options', () => {
    expect(environmentOf('gateway')['DATABASE_URL']).toBe(
      'postgresql://otpost_gateway:g@db.example:5433/otpost?sslmode=require',
    );
  });

  it('takes the password the operator gave the role, and passes it on to nobody else', () => {
    const given = { OTPOST_VAULT_DB_PASSWORD: 'p/w' };
    expect(environmentOf('vault', given)['DATABASE_URL']).toContain('otpost_vault:p%2Fw@');
    expect(Object.values(environmentOf('ingestor', given))).not.toContain('p/w');
  });

  it("tells the login of the schema's owner to the vault alone, not to the service that strangers send mail to", () => {
    const services = ['gateway', 'vault', 'ingestor', 'dispatcher'] as const;
    const tellsOwner = (service: (typeof services)[number]) =>
      Object.values(environmentOf(service)).some((value) => value?.includes('boss:secret'));
    expect(services.filter(tellsOwner)).toEqual(['vault']);
  });

  it('names each key to its services alone, whether it is ours or given', () => {
    const keysOf = (environment: Record<string, string>) =>
      Object.keys(environment)
        .filter((name) => /KEY|KEYRING|TOKEN|SECRET/.test(name))
        .sort();
    const ofIngestor = [
      'OTPOST_HOOK_KEY_FILE',
      'OTPOST_MIME_SECRET_FILE',
      'OTPOST_SENDGRID_PATH_SECRET_FILE',
      'OTPOST_TWILIO_AUTH_TOKEN_FILE',
    ];
    expect(keysOf(environmentOf('gateway'))).toEqual([
      'OTPOST_ROOT_KEY_FILE',
      'OTPOST_TRANSPORT_KEY_FILE',
      'OTPOST_TWILIO_AUTH_TOKEN_FILE',
    ]);
    expect(keysOf(environmentOf('ingestor'))).toEqual(ofIngestor);
    expect(keysOf(environmentOf('dispatcher'))).toEqual(['OTPOST_TRANSPORT_KEY_FILE', 'OTPOST_TWILIO_AUTH_TOKEN_FILE']);
    expect(keysOf(environmentOf('vault'))).toEqual([
      'OTPOST_HOOK_KEY_FILE',
      'OTPOST_KEYRING_FILE',
      'OTPOST_TRANSPORT_KEY_FILE',
    ]);
    const given = { OTPOST_ROOT_KEY: 'root', OTPOST_TRANSPORT_KEY: 'transport', OTPOST_KEYRING_FILE: '/elsewhere' };
    expect(keysOf(environmentOf('ingestor', given))).toEqual(ofIngestor);
    expect(environmentOf('gateway', given)).toMatchObject({
      OTPOST_ROOT_KEY: 'root',
      OTPOST_TRANSPORT_KEY: 'transport',
    });
    expect(environmentOf('vault', given)).toMatchObject({ OTPOST_KEYRING_FILE: '/elsewhere' });
  });

  it('leaves no way around the signatures of SendGrid whose key was given', () => {
    const told = environmentOf('ingestor', { OTPOST_SENDGRID_PUBLIC_KEY: 'public' });
    expect(told).not.toHaveProperty('OTPOST_SENDGRID_PATH_SECRET_FILE');
  });

  it('passes every other OTPOST_ variable on, and of the shell only what Node.js and TLS need', () => {
    const given = { OTPOST_ANYTHING: 'yes', PATH: '/bin', GITHUB_TOKEN: 'secret', SSH_AUTH_SOCK: '/x' };
    const told = environmentOf('ingestor', given);
    expect(told).toMatchObject({ OTPOST_ANYTHING: 'yes', PATH: '/bin' });
    expect(Object.keys(told)).not.toEqual(expect.arrayContaining(['GITHUB_TOKEN', 'SSH_AUTH_SOCK']));
  });

  it("shows the mail relay's login to the dispatcher alone", () => {
    const given = { OTPOST_SMTP_RELAY_URL: 'smtp://u:p@relay', OTPOST_MAIL_FROM: 'otpost@example.com' };
    expect(environmentOf('dispatcher', given)).toMatchObject(given);
    expect(environmentOf('gateway', given)).not.toHaveProperty('OTPOST_SMTP_RELAY_URL');
  });

  it('shows cloud accounts to the vault alone', () => {
    expect(environmentOf('vault', { AWS_PROFILE: 'kms' })).toMatchObject({ AWS_PROFILE: 'kms' });
    expect(environmentOf('ingestor', { AWS_PROFILE: 'kms' })).not.toHaveProperty('AWS_PROFILE');
    const transit = { OTPOST_TRANSIT_TOKEN: 'hvs.x', OTPOST_TRANSIT_TOKEN_FILE: '/run/token' };
    expect(environmentOf('vault', transit)).toMatchObject(transit);
    for (const service of ['gateway', 'ingestor', 'dispatcher'] as const)
      expect(Object.keys(environmentOf(service, transit))).not.toEqual(expect.arrayContaining(Object.keys(transit)));
  });

  it('keeps health and metrics of inner services on the loopback whatever OTPOST_BIND says', async () => {
    const replicas = await planReplicas({ ...anyPorts, OTPOST_BIND: '0.0.0.0' }, new Ports());
    expect(Object.fromEntries(replicas.map(({ name, host }) => [name, host]))).toEqual({
      gateway: '0.0.0.0',
      ingestor: '0.0.0.0',
      dispatcher: '127.0.0.1',
      vault: '127.0.0.1',
    });
    expect(urlsOf(replicas).gateway_url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  });
});

describe('the replicas', () => {
  it('are numbered, each on a port of its own', async () => {
    const given = { ...anyPorts, OTPOST_GATEWAY_REPLICAS: '2', OTPOST_INGESTOR_REPLICAS: '2' };
    const replicas = await planReplicas(given, new Ports());
    expect(replicas.map(({ name }) => name)).toEqual([
      'gateway',
      'gateway-2',
      'ingestor',
      'ingestor-2',
      'dispatcher',
      'vault',
    ]);
    const ports = replicas.flatMap(({ port, smtpPort }) => [port, smtpPort ?? []].flat());
    expect(new Set(ports).size).toBe(ports.length);
  });

  it('are refused with one line for each taken port and wrong number', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as { port: number };
    const given = {
      OTPOST_GATEWAY_PORT: String(port),
      OTPOST_INGEST_PORT: 'http',
      OTPOST_SMTP_PORT: '0',
      OTPOST_VAULT_REPLICAS: '0',
    };
    const refused = await planReplicas(given, new Ports()).catch((error: Error) => error.message.split('\n'));
    server.close();
    expect(refused).toEqual([
      expect.stringMatching(new RegExp(`^port ${port} is taken .* set OTPOST_GATEWAY_PORT, for example`)),
      expect.stringContaining('OTPOST_INGEST_PORT=http is not a port'),
      expect.stringContaining('OTPOST_VAULT_REPLICAS=0 is not a number of replicas'),
    ]);
  });

  it('may not share a chosen port', async () => {
    const [port] = [await new Ports().free()];
    const given = { ...anyPorts, OTPOST_GATEWAY_PORT: String(port), OTPOST_INGEST_PORT: String(port) };
    await expect(planReplicas(given, new Ports())).rejects.toThrow(`OTPOST_INGEST_PORT=${port} is asked for twice`);
  });
});
