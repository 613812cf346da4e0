import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';

const LOCK = 7_251_906;

/** A migration that was applied with other content than the file has now. */
export class MigrationChanged extends Error {
  override readonly name = 'MigrationChanged';
}

/**
 * Applies the `*.sql` files of a folder in order, once each, all in one transaction. Records name and SHA-256 in
 * `journal.schema_migration` and refuses a file that changed after it was applied.
 */
export async function migrate(url: string, directory: string): Promise<string[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query('BEGIN');
    await client.query('SELECT pg_advisory_xact_lock($1)', [LOCK]);
    await client.query('CREATE SCHEMA IF NOT EXISTS journal');
    await client.query(
      'CREATE TABLE IF NOT EXISTS journal.schema_migration (name text PRIMARY KEY, sha256 text NOT NULL)',
    );
    const applied = await applyAll(client, directory);
    await client.query('COMMIT');
    return applied;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  } finally {
    await client.end();
  }
}

async function applyAll(client: pg.Client, directory: string): Promise<string[]> {
  const done = await client.query<{ name: string; sha256: string }>(
    'SELECT name, sha256 FROM journal.schema_migration',
  );
  const known = new Map(done.rows.map((row) => [row.name, row.sha256]));
  const names = (await readdir(directory)).filter((name) => name.endsWith('.sql')).sort();
  const applied: string[] = [];
  for (const name of names) {
    const sql = await readFile(join(directory, name), 'utf8');
    const sha256 = createHash('sha256').update(sql).digest('hex');
    const before = known.get(name);
    if (before !== undefined && before !== sha256) {
      throw new MigrationChanged(`${name} changed after it was applied: add a new file instead`);
    }
    if (before !== undefined) continue;
    await client.query(sql);
    await client.query('INSERT INTO journal.schema_migration VALUES ($1, $2)', [name, sha256]);
    applied.push(name);
  }
  return applied;
}

/** Creates or upgrades the journal's tables, roles and triggers. Needs a role that may create them. */
export async function migrateJournal(url: string): Promise<string[]> {
  return migrate(url, folderBeside('migrations'));
}

/** Creates or upgrades the vault of data keys, in the journal's database or, better, in one of its own. */
export async function migrateVault(url: string): Promise<string[]> {
  return migrate(url, folderBeside('vault-migrations'));
}

/** The compiler copies no SQL: code that runs from dist/ finds its migrations in the tree it was compiled from. */
function folderBeside(name: string): string {
  const beside = fileURLToPath(new URL(`./${name}`, import.meta.url));
  const here = join(sep, 'dist', 'libs', sep);
  return existsSync(beside) ? beside : beside.replace(here, join(sep, 'libs', sep));
}
