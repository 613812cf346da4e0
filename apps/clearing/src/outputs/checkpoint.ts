import type { Pool } from 'pg';

/** How far a projection of the journal got: the next position it has not handled. */
export interface Checkpoint {
  load(): Promise<number>;
  save(position: number): Promise<void>;
}

/** Creates the schema `outputs`; safe to repeat. */
export async function migrateOutputs(pool: Pool): Promise<void> {
  await pool.query(`
    CREATE SCHEMA IF NOT EXISTS outputs;
    CREATE TABLE IF NOT EXISTS outputs.checkpoint (
      name text PRIMARY KEY,
      position bigint NOT NULL CHECK (position >= 0),
      saved_at timestamptz NOT NULL DEFAULT now()
    );`);
}

/** A checkpoint in Postgres. It only ever moves forward. */
export function postgresCheckpoint(pool: Pool, name: string): Checkpoint {
  return {
    async load() {
      const { rows } = await pool.query<{ position: string }>(
        'SELECT position FROM outputs.checkpoint WHERE name = $1',
        [name],
      );
      return Number(rows[0]?.position ?? 0);
    },
    async save(position) {
      await pool.query(
        `INSERT INTO outputs.checkpoint (name, position) VALUES ($1, $2)
         ON CONFLICT (name) DO UPDATE SET position = EXCLUDED.position, saved_at = now()
         WHERE outputs.checkpoint.position < EXCLUDED.position`,
        [name, position],
      );
    },
  };
}
