import { createHash, randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client } from 'pg';
import { ReadModelBusy, tryProjectorLock } from './project/lock.js';
import type { ReadSchema } from './project/schemas.js';

/** Prisma's own lock: its `migrate deploy` and this runner never run together. */
const PRISMA_LOCK = 72707369;

/** The table as `prisma migrate` makes it, so that a user who has its engine can go on with it. */
const BOOK_OF_MIGRATIONS = `
  CREATE TABLE IF NOT EXISTS public._prisma_migrations (
    id                  varchar(36) PRIMARY KEY,
    checksum            varchar(64) NOT NULL,
    finished_at         timestamptz,
    migration_name      varchar(255) NOT NULL,
    logs                text,
    rolled_back_at      timestamptz,
    started_at          timestamptz NOT NULL DEFAULT now(),
    applied_steps_count integer NOT NULL DEFAULT 0
  )`;

interface Migration {
  readonly name: string;
  readonly sql: string;
  readonly checksum: string;
}

/** `prisma/migrations` of the nearest folder above: the same from `src` and from `dist`. */
function migrationsFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'prisma/migrations'))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error('No prisma/migrations above the clearing app.');
    folder = parent;
  }
  return join(folder, 'prisma/migrations');
}

async function readMigrations(): Promise<readonly Migration[]> {
  const folder = migrationsFolder();
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return Promise.all(
    names.sort().map(async (name) => {
      const sql = await readFile(join(folder, name, 'migration.sql'), 'utf8');
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
    }),
  );
}

/**
 * Brings the read model's schema up to date: applies what is missing, one transaction per migration, recorded in
 * `_prisma_migrations`. Refuses when an applied migration was edited since. Returns the names applied now.
 */
export async function migrateReadModel(databaseUrl: string): Promise<readonly string[]> {
  const migrations = await readMigrations();
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query('SELECT pg_advisory_lock($1)', [PRISMA_LOCK]);
    await client.query(BOOK_OF_MIGRATIONS);
    const { rows } = await client.query<{ migration_name: string; checksum: string }>(
      `SELECT migration_name, checksum FROM public._prisma_migrations
        WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL`,
    );
    const applied = new Map(rows.map((row) => [row.migration_name, row.checksum]));
    const fresh: string[] = [];
    for (const migration of migrations) {
      const checksum = applied.get(migration.name);
      if (checksum === undefined) {
        await applyMigration(client, migration);
        fresh.push(migration.name);
      } else if (checksum !== migration.checksum) {
        throw new Error(
          `Migration ${migration.name} was edited after it was applied: restore the file and ` +
            `add a new migration, or drop the read model with 'novate rebuild'.`,
        );
      }
    }
    return fresh;
  } finally {
    await client.end();
  }
}

async function applyMigration(client: Client, { name, sql, checksum }: Migration): Promise<void> {
  await client.query('BEGIN');
  try {
    await client.query(sql);
    await client.query(
      `INSERT INTO public._prisma_migrations
         (id, checksum, migration_name, started_at, finished_at, applied_steps_count)
       VALUES ($1, $2, $3, now(), clock_timestamp(), 1)`,
      [randomUUID(), checksum, name],
    );
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw new Error(`Migration ${name} failed: ${String(error)}`, { cause: error });
  }
}

/** Creates the read model's schema, empty, under another name: what a version is built into beside the one in use. */
export async function createBeside(client: Client, schema: ReadSchema): Promise<void> {
  await client.query('BEGIN');
  try {
    await client.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
    for (const { sql } of await readMigrations()) {
      await client.query(sql.replaceAll('"read"', `"${schema}"`));
    }
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {});
    throw error;
  }
}

/** Drops the read model whole, and forgets that its migrations were applied. The journal is not touched. */
export async function dropReadModel(databaseUrl: string): Promise<void> {
  const migrations = await readMigrations();
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query('SELECT pg_advisory_lock($1)', [PRISMA_LOCK]);
    if (!(await tryProjectorLock(client))) throw new ReadModelBusy();
    await client.query(BOOK_OF_MIGRATIONS);
    await client.query('BEGIN');
    await client.query('DROP SCHEMA IF EXISTS "read" CASCADE');
    await client.query('DELETE FROM public._prisma_migrations WHERE migration_name = ANY($1)', [
      migrations.map(({ name }) => name),
    ]);
    await client.query('COMMIT');
  } finally {
    await client.end();
  }
}
