import { defineConfig } from 'prisma/config';

/** Only `prisma generate`, `validate` and `format` need this file; services pass their own URL. */
export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
  datasource: { url: process.env['NOVATE_DATABASE_URL'] ?? 'postgresql://localhost/novate' },
});
