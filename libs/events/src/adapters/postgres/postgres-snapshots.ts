import pg from 'pg';
import type { StoredSnapshot } from '../../snapshot/header.js';
import type { SnapshotStore } from '../../snapshot/store.js';
import type { PostgresJournalOptions } from './postgres-journal.js';

/** Snapshots beside the journal: a row per snapshot, a row per page. Needs the journal's migrations. */
export function postgresSnapshots(options: PostgresJournalOptions): SnapshotStore {
  const { url, pool: given, shard = 0, role = 'novate_app' } = options;
  if (given === undefined && url === undefined) throw new TypeError('url or pool is needed');
  const working = role === 'none' ? {} : { options: `-c role=${role}` };
  const pool = given ?? new pg.Pool({ connectionString: url, max: 2, ...working });
  // An idle connection that breaks is replaced on next use: not a reason to end the process.
  if (given === undefined) pool.on('error', () => undefined);
  return {
    async list() {
      const { rows } = await pool.query<{ size: string; note: string }>(
        'SELECT size, note FROM journal.snapshot WHERE shard = $1 ORDER BY size DESC',
        [shard],
      );
      return rows.map(({ size, note }) => ({ size: Number(size), note }));
    },
    save: (snapshot, pages) =>
      inTransaction(pool, (client) => insert(client, shard, snapshot, pages)),
    async *pages(size) {
      for (let page = 0; ; page += 1) {
        const { rows } = await pool.query<{ data: Buffer }>(
          'SELECT data FROM journal.snapshot_page WHERE shard = $1 AND size = $2 AND page = $3',
          [shard, size, page],
        );
        if (rows[0] === undefined) return;
        yield rows[0].data;
      }
    },
    async remove(size) {
      await pool.query('DELETE FROM journal.snapshot WHERE shard = $1 AND size = $2', [
        shard,
        size,
      ]);
    },
    async close() {
      if (given === undefined) await pool.end();
    },
  };
}

async function insert(
  client: pg.PoolClient,
  shard: number,
  { size, note }: StoredSnapshot,
  pages: readonly Uint8Array[],
): Promise<boolean> {
  const { rowCount } = await client.query(
    'INSERT INTO journal.snapshot (shard, size, note) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING',
    [shard, size, note],
  );
  if (rowCount !== 1) return false;
  for (const [page, data] of pages.entries()) {
    await client.query({
      name: 'novate_snapshot_page',
      text: 'INSERT INTO journal.snapshot_page (shard, size, page, data) VALUES ($1, $2, $3, $4)',
      values: [shard, size, page, data],
    });
  }
  return true;
}

async function inTransaction<T>(
  pool: pg.Pool,
  work: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    const result = await work(client);
    await client.query('COMMIT');
    client.release();
    return result;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    // Whatever state the connection is in, nobody else shall have it.
    client.release(true);
    throw error;
  }
}
