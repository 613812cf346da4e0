import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Client } from 'pg';
import { describePostgres, freshDatabase } from '../../../../../test/support/services.js';
import { ListJournal, sampleEvents } from '../testing/history.js';
import { rebuildReadModel } from '../project/rebuild.js';

const OWNED = [
  'member',
  'account',
  'position',
  'balance',
  'movement',
  'shortfall',
  'withdrawal',
  'margin',
  'settlement_account',
  'settlement_entry',
];

/** What the database itself lets `novate_query` see, whatever a query asks for. */
describePostgres('row-level security', () => {
  let database: Awaited<ReturnType<typeof freshDatabase>>;
  let client: Client;

  beforeAll(async () => {
    database = await freshDatabase();
    const journal = new ListJournal(sampleEvents(12, 7), 500);
    await rebuildReadModel({ databaseUrl: database.url, journal, verify: false });
    client = new Client({ connectionString: database.url });
    await client.connect();
  });
  afterAll(async () => {
    await client?.end();
    await database?.drop();
  });

  async function as(scope: { member?: string; venue?: string }, sql: string) {
    await client.query('BEGIN');
    try {
      await client.query('SET LOCAL ROLE novate_query');
      for (const [name, value] of Object.entries(scope)) {
        await client.query('SELECT set_config($1, $2, true)', [`novate.${name}`, value]);
      }
      return (await client.query<Record<string, unknown>>(sql)).rows;
    } finally {
      await client.query('ROLLBACK');
    }
  }

  it.each(OWNED)('shows a member its own rows of %s and no other', async (table) => {
    const everything = await as({ member: '*' }, `SELECT * FROM "read".${table}`);
    const own = await as({ member: 'M1' }, `SELECT * FROM "read".${table}`);
    expect(everything.length).toBeGreaterThanOrEqual(own.length);
    expect(own.every((row) => row['member'] === 'M1')).toBe(true);
    const others = everything.filter((row) => row['member'] !== 'M1');
    expect(everything.length).toBe(own.length + others.length);
  });

  it.each([...OWNED, 'trade', 'rejected_input', 'window_reconciliation'])(
    'shows nothing of %s to a query without a scope',
    async (table) => {
      expect(await as({}, `SELECT * FROM "read".${table}`)).toEqual([]);
      expect(await as({ member: '', venue: '' }, `SELECT * FROM "read".${table}`)).toEqual([]);
    },
  );

  it('shows a member its side of a trade and not who stood on the other', async () => {
    const own = await as({ member: 'M1' }, 'SELECT * FROM "read".trade');
    expect(own.length).toBeGreaterThan(0);
    for (const row of own) {
      expect([row['buyer_member'], row['seller_member']]).toContain('M1');
      for (const side of ['buyer', 'seller']) {
        expect(['M1', null]).toContain(row[`${side}_member`]);
        expect(row[side] === null).toBe(row[`${side}_member`] === null);
      }
    }
  });

  it('shows a venue its own trades, windows and rejects', async () => {
    for (const table of ['trade', 'window_reconciliation', 'rejected_input']) {
      const own = await as({ venue: 'VEN-A' }, `SELECT * FROM "read".${table}`);
      expect(own.length).toBeGreaterThan(0);
      expect(own.every((row) => row['venue'] === 'VEN-A')).toBe(true);
    }
    expect(await as({ venue: 'VEN-A' }, 'SELECT * FROM "read".balance')).toEqual([]);
  });

  it.each(['SELECT * FROM "read".trade_record', 'DELETE FROM "read".asset'])(
    'refuses %s',
    async (sql) => {
      await expect(as({ member: '*', venue: '*' }, sql)).rejects.toThrow(/permission denied/);
    },
  );
});
