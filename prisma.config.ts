import { defineConfig } from 'prisma/config';

/** For Prisma's own tools. The services are migrated by libs/database (`migrate-cli`), with the same files and the same records. */
export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
  datasource: { url: process.env['DATABASE_OWNER_URL'] ?? '' },
});
