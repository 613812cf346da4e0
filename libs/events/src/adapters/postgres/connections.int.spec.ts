import { afterEach, beforeEach, expect, it } from '@jest/globals';
import pg from 'pg';
import { describePostgres, freshDatabase } from '../../../../../test/support/services.js';
import { positions, trades } from '../../testing/facts.js';
import { migrateJournal } from './migrate.js';
import { postgresJournal } from './postgres-journal.js';

describePostgres('connections of the Postgres journal', () => {
  let database: Awaited<ReturnType<typeof freshDatabase>>;
  beforeEach(async () => {
    database = await freshDatabase();
  });
  afterEach(() => database.drop());

  it('may come from a pool of the caller, which is left open', async () => {
    await migrateJournal(database.url);
    const pool = new pg.Pool({ connectionString: database.url, max: 2 });
    const journal = postgresJournal({ pool });
    const head = await journal.acquire('writer');
    const seen: number[] = [];
    const subscription = journal.subscribe(0, async (batch) => {
      seen.push(...positions([batch]));
    });
    await journal.append({ expected: head, events: trades(0, 2), recordedAt: 1 });
    while (seen.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    await journal.close();
    await subscription.done;
    expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    expect([pool.totalCount, pool.waitingCount]).toEqual([pool.idleCount, 0]);
    await pool.end();
  });
  it('work as novate_app by default, whoever logs in', async () => {
    await migrateJournal(database.url);
    const journal = postgresJournal({ url: database.url });
    const owner = postgresJournal({ url: database.url, role: 'none' });
    await journal.acquire('app');
    await owner.acquire('owner');
    const admin = new pg.Client({ connectionString: database.url });
    await admin.connect();
    await admin.query('REVOKE UPDATE ON journal.head FROM novate_app');
    await expect(journal.acquire('app')).rejects.toMatchObject({ code: '42501' });
    expect((await owner.acquire('owner')).epoch).toBe(3);
    await Promise.all([journal.close(), owner.close(), admin.end()]);
  });
  it('close while queries are under way', async () => {
    await migrateJournal(database.url);
    for (let i = 0; i < 20; i += 1) {
      const journal = postgresJournal({ url: database.url });
      const subscription = journal.subscribe(0, async () => undefined);
      if (i % 2 === 0) await subscription.caughtUp;
      await journal.close();
      await subscription.done;
    }
  });
  it('say what to do about a database without a journal, or none at all', async () => {
    const empty = postgresJournal({ url: database.url });
    await expect(empty.head()).rejects.toThrow('run migrateJournal(url) first');
    await empty.close();
    const nobody = postgresJournal({ url: 'postgres://postgres@127.0.0.1:1/none' });
    await expect(nobody.head()).rejects.toThrow('cannot be reached');
    await nobody.close();
  });
  it('of a role without superuser can create the journal and use it', async () => {
    const admin = new pg.Client({ connectionString: database.url });
    await admin.connect();
    const role = `maker_${process.pid}`;
    await admin.query(`CREATE ROLE ${role} LOGIN CREATEROLE PASSWORD 'maker'`);
    await admin.query(`GRANT CREATE ON DATABASE ${admin.database} TO ${role}`);
    // Where the server has the roles already, an administrator lets the migrating role use them.
    await admin.query(`GRANT novate_app TO ${role}`).catch(() => undefined);
    const url = new URL(database.url);
    [url.username, url.password] = [role, 'maker'];
    expect(await migrateJournal(url.href)).toContain('0001_journal.sql');
    const journal = postgresJournal({ url: url.href });
    expect((await journal.acquire('writer')).epoch).toBe(1);
    await journal.close();
    await admin.query(`DROP OWNED BY ${role} CASCADE`);
    await admin.query(`DROP ROLE ${role}`);
    await admin.end();
  });
});
