import { afterAll, beforeAll, expect, it } from '@jest/globals';
import pg from 'pg';
import { describePostgres, freshDatabase } from '../../../../../test/support/services.js';
import { snapshotsContract } from '../../snapshot/snapshots.contract.js';
import type { SnapshotStore } from '../../snapshot/store.js';
import { migrateJournal } from './migrate.js';
import { postgresSnapshots } from './postgres-snapshots.js';

describePostgres('snapshots in Postgres', () => {
  let url: string;
  let drop: () => Promise<void>;
  let shard = 0;
  beforeAll(async () => {
    ({ url, drop } = await freshDatabase());
    await migrateJournal(url);
  });
  afterAll(() => drop());

  snapshotsContract('postgres', async () => {
    shard += 1;
    const opened: SnapshotStore[] = [];
    const open = () => {
      const store = postgresSnapshots({ url, shard });
      opened.push(store);
      return store;
    };
    // The contract closes what it asked for with `again`.
    return {
      store: open(),
      again: async () => postgresSnapshots({ url, shard }),
      cleanup: async () => void (await Promise.all(opened.map((store) => store.close()))),
    };
  });

  it('are never changed by the role of the application, and no page is huge', async () => {
    const pool = new pg.Pool({ connectionString: url, max: 1, options: '-c role=novate_app' });
    const store = postgresSnapshots({ pool, shard: 1000 });
    await store.save({ size: 1, note: 'n' }, [Uint8Array.of(1)]);
    for (const table of ['snapshot SET note = note', 'snapshot_page SET data = data']) {
      await expect(pool.query(`UPDATE journal.${table}`)).rejects.toThrow('permission denied');
    }
    const huge = store.save({ size: 2, note: 'n' }, [new Uint8Array(524_289)]);
    await expect(huge).rejects.toThrow('snapshot_page_data_check');
    expect((await store.list()).map(({ size }) => size)).toEqual([1]);
    await store.close();
    await pool.end();
  });
});
