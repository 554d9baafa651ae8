import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { ensureRoles, serviceRoles } from './roles.js';
import { scramVerifier } from './scram.js';
import { createTestDatabase } from './testing/index.js';
import type { TestDatabase } from './testing/index.js';

describe('service roles', () => {
  let database: TestDatabase;
  let owner: pg.Client;
  beforeAll(async () => {
    database = await createTestDatabase();
    owner = new pg.Client({ connectionString: database.ownerUrl });
    await owner.connect();
  });
  afterAll(async () => {
    await owner.end();
    await database.drop();
  });

  const passwords = {
    gateway: 'otpost-test',
    vault: 'otpost-test',
    ingestor: 'otpost-test',
    dispatcher: 'otpost-test',
  };

  it('can be ensured by several runners at once', async () => {
    await Promise.all(Array.from({ length: 4 }, () => ensureRoles(database.ownerUrl, passwords)));
  });

  it('log in, and can pass no row-level security, make no role and no database', async () => {
    const { rows } = await owner.query(
      `SELECT DISTINCT rolcanlogin, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication
       FROM pg_roles WHERE rolname = ANY ($1)`,
      [Object.values(serviceRoles)],
    );
    expect(rows).toEqual([
      {
        rolcanlogin: true,
        rolsuper: false,
        rolbypassrls: false,
        rolcreaterole: false,
        rolcreatedb: false,
        rolreplication: false,
      },
    ]);
  });

  it('refuses a password that PostgreSQL would normalise', async () => {
    await expect(ensureRoles(database.ownerUrl, { ...passwords, vault: 'pässword' })).rejects.toThrow(
      'printable ASCII',
    );
    await expect(ensureRoles(database.ownerUrl, { ...passwords, vault: '' })).rejects.toThrow('printable ASCII');
  });

  it('a verifier lets in who has the password, whatever characters it has, and nobody else', async () => {
    const role = `otpost_test_${randomBytes(4).toString('hex')}`;
    const password = `it's $$ "odd" \\ ; -- %`;
    await owner.query(`CREATE ROLE ${role} LOGIN PASSWORD ${owner.escapeLiteral(scramVerifier(password))}`);
    const login = async (given: string) => {
      const url = new URL(database.ownerUrl);
      const client = new pg.Client({
        host: url.hostname,
        port: Number(url.port),
        database: database.name,
        user: role,
        password: given,
      });
      try {
        await client.connect();
      } finally {
        await client.end();
      }
    };
    try {
      await login(password);
      await expect(login('another')).rejects.toThrow('password authentication failed');
    } finally {
      await owner.query(`DROP ROLE ${role}`);
    }
  });
});
