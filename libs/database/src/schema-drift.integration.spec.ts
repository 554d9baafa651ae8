import { afterEach, describe, expect, it } from '@jest/globals';
import { createTestDatabase } from './testing/index.js';
import type { TestDatabase } from './testing/index.js';
import { pendingSchemaChanges, readSchema } from './testing/schema-changes.js';

describe('schema and migrations', () => {
  const databases: TestDatabase[] = [];
  afterEach(async () => {
    await Promise.all(databases.splice(0).map((database) => database.drop()));
  });

  async function changesTo(schema: string): Promise<string> {
    const database = await createTestDatabase({ empty: true });
    databases.push(database);
    return pendingSchemaChanges(database.ownerUrl, schema);
  }

  // When this fails, what it prints is the body of the migration to add: prisma/migrations/<yyyymmddhhmmss>_<name>/migration.sql
  it('the migrations make what schema.prisma says', async () => {
    expect(await changesTo(readSchema())).toBe('');
  });

  it('a column, an index or an enum value that only one of the two has is noticed', async () => {
    const schema = readSchema()
      .replace(/^ +issuer +String\?\n/m, '')
      .replace('@@index([kekId])', '')
      .replace(/^ +MAGIC_LINK\n/m, '');
    const changes = await changesTo(schema);
    expect(changes).toContain('DROP COLUMN "issuer"');
    expect(changes).toContain('DROP INDEX "data_key_kek_id_idx"');
    expect(changes).toContain('"tfa_method_new"');
  });
});
