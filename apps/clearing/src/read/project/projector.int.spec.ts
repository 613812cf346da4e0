import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Client } from 'pg';
import { migrateJournal, postgresJournal } from '#events';
import type { AnyNewEvent, AnyRecordedEvent } from '#events';
import { describePostgres, freshDatabase } from '../../../../../test/support/services.js';
import { migrateReadModel } from '../migrate.js';
import { ListJournal, sampleEvents } from '../testing/history.js';
import { holdForRebuild, ReadModelBusy } from './lock.js';
import { ReadModelForeign, startProjector } from './projector.js';
import { digestReadModel, rebuildReadModel } from './rebuild.js';

const events = sampleEvents(12, 7);

/** An event as it was before the journal gave it its place. */
function unplaced(event: AnyRecordedEvent): AnyNewEvent {
  const fact: Partial<AnyRecordedEvent> = { ...event };
  delete (fact as { position?: number }).position;
  delete (fact as { recordedAt?: number }).recordedAt;
  return fact as AnyNewEvent;
}

describePostgres('the read model', () => {
  let database: Awaited<ReturnType<typeof freshDatabase>>;
  let client: Client;

  beforeAll(async () => {
    database = await freshDatabase();
    await migrateReadModel(database.url);
    client = new Client({ connectionString: database.url });
    await client.connect();
  });
  afterAll(async () => {
    await client?.end();
    await database?.drop();
  });

  const project = async (journal: ListJournal, maxEvents = 20_000) => {
    const projector = await startProjector({ databaseUrl: database.url, journal, maxEvents });
    await projector.caughtUp;
    return projector;
  };
  const rowsOf = async (sql: string, values: readonly unknown[] = []) =>
    (await client.query<Record<string, string>>(sql, [...values])).rows;

  it('records its migration as Prisma does, and applies it once', async () => {
    expect(await migrateReadModel(database.url)).toEqual([]);
    const [row] = await rowsOf('SELECT * FROM _prisma_migrations');
    expect(row!['checksum']).toMatch(/^[0-9a-f]{64}$/);
    expect(row!['finished_at']).not.toBeNull();
  });

  it('goes on where it stopped, and holds what the ledger holds', async () => {
    const half = Math.floor(events.length / 2);
    const journal = new ListJournal(events.slice(0, half), 50);
    await (await project(journal, 100)).stop();
    const projector = await project(journal, 100);
    expect(projector.position()).toBe(half);
    for (let at = half; at < events.length; at += 3) journal.more(events.slice(at, at + 3));
    while (projector.position() < events.length) await new Promise((next) => setTimeout(next, 5));
    const state = projector.state();
    const balances = await rowsOf(
      'SELECT book, asset, amount FROM "read".balance WHERE amount <> 0',
    );
    const books = [...state.books.values()].reduce((count, each) => count + each.size, 0);
    expect(balances).toHaveLength(books);
    for (const { book, asset, amount } of balances) {
      expect(BigInt(amount!)).toBe(state.books.get(asset!)?.get(book!));
    }
    const held = await rowsOf('SELECT * FROM "read".position WHERE quantity <> 0');
    const open = [...state.positions.values()].filter((position) => position.quantity !== 0n);
    expect(held).toHaveLength(open.length);
    await projector.stop();
  });

  it('is the same whatever the size of batches and transactions', async () => {
    const before = await digestReadModel(database.url);
    const digests = (tables: typeof before) =>
      tables.filter(({ table }) => table !== 'projection_checkpoint');
    for (const size of [1, 7, 1000]) {
      const journal = new ListJournal(events, size);
      await rebuildReadModel({ databaseUrl: database.url, journal, verify: false });
      expect(digests(await digestReadModel(database.url))).toEqual(digests(before));
    }
  });

  it('comes back as it was when it is dropped and rebuilt', async () => {
    const journal = new ListJournal(events, 1000);
    const result = await rebuildReadModel({ databaseUrl: database.url, journal, verify: true });
    expect(result.equal).toBe(true);
    expect(result.position).toBe(events.length);
    const rows = new Map(result.tables.map((table) => [table.table, table.rows]));
    for (const name of ['trade_record', 'movement', 'settlement_price', 'rejected_input']) {
      expect(rows.get(name)).toBeGreaterThan(0);
    }
  });

  it('tells a forged row from a projected one', async () => {
    await client.query('UPDATE "read".balance SET amount = amount + 1 WHERE book = $1', [
      'A/A-HOUSE/cash',
    ]);
    const journal = new ListJournal(events, 1000);
    const result = await rebuildReadModel({ databaseUrl: database.url, journal, verify: true });
    expect(result.equal).toBe(false);
    const changed = result.tables.filter((table) => table.before !== table.digest);
    expect(changed.map((table) => table.table)).toEqual(['balance']);
  });

  it('marks the trade that a bust or a correction closed', async () => {
    for (const event of events) {
      if (event.type !== 'TradeBusted' && event.type !== 'TradeCorrected') continue;
      const [row] = await rowsOf(
        `SELECT status, trade_id FROM "read".trade_record WHERE closed_position = $1`,
        [event.position],
      );
      const status = event.type === 'TradeBusted' ? 'busted' : 'corrected';
      expect(row).toEqual({ status, trade_id: event.data.tradeId });
    }
  });

  it.each([
    ['other', events.map((event) => ({ ...event, recordedAt: event.recordedAt + 1 }))],
    ['shorter', events.slice(0, -1)],
  ])('refuses a journal it was not built from: the %s one', async (_, others) => {
    const journal = new ListJournal(others, others.length);
    const run = async () => (await startProjector({ databaseUrl: database.url, journal })).done;
    await expect(run()).rejects.toThrow(ReadModelForeign);
  });

  it('follows the journal in Postgres while it is written', async () => {
    const own = await freshDatabase();
    await migrateJournal(own.url);
    await migrateReadModel(own.url);
    const journal = postgresJournal({ url: own.url });
    const projector = await startProjector({ databaseUrl: own.url, journal });
    let expected = await journal.acquire('spec');
    for (let at = 0; at < events.length; at += 40) {
      const batch: readonly AnyNewEvent[] = events.slice(at, at + 40).map(unplaced);
      expected = await journal.append({ expected, events: batch, recordedAt: at });
    }
    while (projector.position() < events.length) await new Promise((next) => setTimeout(next, 5));
    await projector.stop();
    const options = { databaseUrl: own.url, journal, verify: true };
    const { equal, position } = await rebuildReadModel(options);
    expect([equal, position]).toEqual([true, events.length]);
    await journal.close();
    await own.drop();
  });

  it('lets one projector in at a time', async () => {
    const journal = new ListJournal(events, 1000);
    const first = await project(journal);
    const options = { databaseUrl: database.url, journal };
    await expect(startProjector({ ...options, exclusive: true })).rejects.toThrow(ReadModelBusy);
    await first.stop();
  });

  it('steps aside for a rebuild and comes back after it', async () => {
    const journal = new ListJournal(events, 1000);
    const options = { databaseUrl: database.url, journal };
    const first = await project(journal);
    const second = startProjector(options);
    const { equal } = await rebuildReadModel({ ...options, verify: true });
    expect(equal).toBe(true);
    await first.done;
    const back = await second;
    await back.caughtUp;
    expect(back.position()).toBe(events.length);
    await back.stop();
  });

  it('does not rebuild where a projector will not go', async () => {
    const journal = new ListJournal(events, 1000);
    const options = { databaseUrl: database.url, journal };
    const release = await holdForRebuild(database.url);
    await expect(rebuildReadModel({ ...options, verify: false })).rejects.toThrow(ReadModelBusy);
    await release();
  });
});
