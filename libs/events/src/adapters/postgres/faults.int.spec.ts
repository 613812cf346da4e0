import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import pg from 'pg';
import { describePostgres, freshDatabase } from '../../../../../test/support/services.js';
import { JournalConflict, JournalUnavailable } from '../../journal/errors.js';
import type { AppendRequest, Journal, JournalHead } from '../../journal/journal.js';
import { collect, positions, trades, upTo } from '../../testing/facts.js';
import { faultyProxy, type Proxy } from '../../testing/proxy.js';
import { migrateJournal } from './migrate.js';
import { postgresJournal } from './postgres-journal.js';

type Database = Awaited<ReturnType<typeof freshDatabase>>;

const request = (expected: JournalHead): AppendRequest => ({
  expected,
  events: trades(expected.size, 3),
  recordedAt: 1,
  offsets: [{ topic: 't', partition: 0, next: String(expected.size + 3), ahead: '' }],
});

describePostgres('what a real line and other sessions do to an append', () => {
  let database: Database;
  let proxy: Proxy;
  let through: Journal;
  let direct: Journal;
  let head: JournalHead;
  beforeEach(async () => {
    database = await freshDatabase();
    await migrateJournal(database.url);
    proxy = await faultyProxy(database.url);
    through = postgresJournal({ url: proxy.url });
    direct = postgresJournal({ url: database.url });
    head = await through.append(request(await through.acquire('writer')));
  });
  afterEach(async () => {
    await through.close();
    await direct.close();
    await proxy.close();
    await database.drop();
  });

  const stored = async (): Promise<number[]> => positions(await collect(direct.read(0)));

  it('resolves when only the answer was lost, and the batch is there once', async () => {
    proxy.arm('lose-answer');
    const after = await through.append(request(head));
    expect(after).toMatchObject({ batches: 2, size: 6, epoch: head.epoch });
    expect(await direct.head()).toEqual(after);
    expect(await stored()).toEqual(upTo(6));
    await through.append(request(after));
    expect(await stored()).toEqual(upTo(9));
  });

  it('says so when the batch was lost, and it can be written after acquiring', async () => {
    proxy.arm('lose-request');
    await expect(through.append(request(head))).rejects.toThrow(JournalUnavailable);
    expect(await stored()).toEqual(upTo(3));
    await expect(through.append(request(head))).rejects.toThrow(JournalConflict);
    await through.append(request(await through.acquire('writer')));
    expect(await stored()).toEqual(upTo(6));
    expect(await direct.offsets()).toMatchObject([{ next: '6' }]);
  });

  it('lets a batch that arrives late come to nothing', async () => {
    proxy.arm('delay-request');
    await expect(through.append(request(head))).rejects.toThrow(JournalUnavailable);
    proxy.release();
    await sleep(200);
    expect(await stored()).toEqual(upTo(3));
    await through.append(request(await through.acquire('writer')));
    expect(await stored()).toEqual(upTo(6));
  });

  it('delays no subscriber while sessions stand idle in a transaction, here and elsewhere', async () => {
    const elsewhere = await freshDatabase();
    const sessions: pg.Client[] = [];
    for (const { url } of [database, elsewhere]) {
      const session = new pg.Client({ connectionString: url });
      await session.connect();
      await session.query('CREATE TABLE foreign_table (id int)');
      await session.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
      await session.query('INSERT INTO foreign_table VALUES (1)');
      sessions.push(session);
    }
    const seen: number[] = [];
    const subscription = direct.subscribe(0, async (batch) => {
      seen.push(...positions([batch]));
    });
    await subscription.caughtUp;
    const before = performance.now();
    for (let i = 0; i < 5; i += 1) head = await through.append(request(head));
    while (seen.length < 18) await sleep(5);
    expect(performance.now() - before).toBeLessThan(2_000);
    expect(seen).toEqual(upTo(18));
    await subscription.stop();
    for (const session of sessions) await session.end();
    await elsewhere.drop();
  });
});
