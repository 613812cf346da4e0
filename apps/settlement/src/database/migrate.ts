import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client } from 'pg';

/** Two services that start at once apply the migrations one after the other. */
const LOCK = 7_251_907;

/**
 * Brings schema `settlement` up to date, in one transaction; returns the names applied now. Refuses where a file that
 * was applied has been edited since. Needs a role that may create a schema.
 */
export async function migrateSettlement(url: string): Promise<readonly string[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query('BEGIN');
    await client.query('SELECT pg_advisory_xact_lock($1)', [LOCK]);
    await client.query('CREATE SCHEMA IF NOT EXISTS settlement');
    await client.query(
      'CREATE TABLE IF NOT EXISTS settlement.schema_migration (name text PRIMARY KEY, sha256 text NOT NULL)',
    );
    const applied = await applyMissing(client);
    await client.query('COMMIT');
    return applied;
  } finally {
    await client.end();
  }
}

async function applyMissing(client: Client): Promise<readonly string[]> {
  const { rows } = await client.query<{ name: string; sha256: string }>(
    'SELECT name, sha256 FROM settlement.schema_migration',
  );
  const before = new Map(rows.map(({ name, sha256 }) => [name, sha256]));
  const folder = migrationsFolder();
  const applied: string[] = [];
  for (const name of (await readdir(folder)).filter((each) => each.endsWith('.sql')).sort()) {
    const sql = await readFile(join(folder, name), 'utf8');
    const sha256 = createHash('sha256').update(sql).digest('hex');
    const known = before.get(name);
    if (known === sha256) continue;
    if (known !== undefined) {
      throw new Error(`${name} was edited after it was applied: restore it and add a new file`);
    }
    await client.query(sql);
    await client.query('INSERT INTO settlement.schema_migration VALUES ($1, $2)', [name, sha256]);
    applied.push(name);
  }
  return applied;
}

/** The compiler copies no SQL: code that runs from dist/ finds it in the tree it was compiled from. */
function migrationsFolder(): string {
  const beside = fileURLToPath(new URL('./migrations', import.meta.url));
  return existsSync(beside)
    ? beside
    : beside.replace(join(sep, 'dist', 'apps', sep), join(sep, 'apps', sep));
}
