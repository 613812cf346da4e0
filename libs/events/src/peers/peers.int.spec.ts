import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { describePostgres, freshDatabase } from '../../../../test/support/services.js';
import { migrateJournal } from '../adapters/postgres/migrate.js';
import { postgresJournal } from '../adapters/postgres/postgres-journal.js';
import { seal, type Segment } from '../journal/chain.js';
import { JournalConflict } from '../journal/errors.js';
import type { JournalUnderTest } from '../journal/journal.contract.js';
import type { JournalHead } from '../journal/journal.js';
import { collect, positions, trades, upTo } from '../testing/facts.js';
import { peersContract } from './peers.contract.js';

let url: string;
let drop: () => Promise<void>;
/** Each case writes to a shard of its own: cheaper than a database of its own. */
let shard = 0;

async function makeStore(): Promise<JournalUnderTest> {
  const mine = (shard += 1);
  const opened = [postgresJournal({ url, shard: mine })];
  return {
    journal: opened[0]!,
    again: async () => {
      const journal = postgresJournal({ url, shard: mine });
      opened.push(journal);
      return journal;
    },
    cleanup: async () => {
      await Promise.all(opened.map((journal) => journal.close()));
    },
  };
}

describePostgres('losses of peers on Postgres', () => {
  beforeAll(async () => {
    ({ url, drop } = await freshDatabase());
    await migrateJournal(url);
  });
  afterAll(() => drop());

  peersContract('postgres', makeStore);
  describe('transactions that commit out of order', transactionCases);
});

/** The journal's own append, in a transaction that somebody keeps open. */
async function appendIn(client: pg.Client, head: JournalHead, segment: Segment): Promise<boolean> {
  const { seq, firstPosition, count, header, prevHash, hash, payload } = segment;
  const values = [
    head.shard,
    head.epoch,
    seq,
    '[]',
    firstPosition,
    count,
    header,
    prevHash,
    hash,
    payload,
  ];
  const { rows } = await client.query<{ moved: boolean }>(
    'SELECT journal.append($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) AS moved',
    values,
  );
  return rows[0]?.moved === true;
}

const request = (expected: JournalHead, count: number) => ({
  expected,
  events: trades(expected.size, count),
  recordedAt: 1,
});

function transactionCases(): void {
  const connected = async (): Promise<pg.Client> => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    return client;
  };

  it.each(['COMMIT', 'ROLLBACK'])(
    'a second one waits for the first, which ends in %s: nobody skips what is not yet visible',
    async (end) => {
      const { journal, again, cleanup } = await makeStore();
      const head = await journal.acquire('first');
      const seen: number[] = [];
      const subscription = journal.subscribe(0, async (batch) => {
        seen.push(...positions([batch]));
      });
      await subscription.caughtUp;
      const slow = await connected();
      await slow.query('BEGIN');
      expect(await appendIn(slow, head, seal(request(head, 2)))).toBe(true);
      // Began later, on the same head. It may not commit first, and take the positions behind those of the slow one.
      const quick = (await again()).append({ ...request(head, 3), recordedAt: 2 });
      const settled = quick.then(
        () => 'written',
        (error: unknown) => error,
      );
      expect(await Promise.race([settled, sleep(100, 'waits')])).toBe('waits');
      expect(seen).toEqual([]);
      await slow.query(end);
      const expected = end === 'COMMIT' ? 2 : 3;
      if (end === 'COMMIT') expect(await settled).toBeInstanceOf(JournalConflict);
      else expect(await settled).toBe('written');
      while (seen.length < expected) await sleep(5);
      expect(seen).toEqual(upTo(expected));
      expect(positions(await collect(journal.read(0)))).toEqual(upTo(expected));
      await subscription.stop();
      await slow.end();
      await cleanup();
    },
  );

  it('a transaction that was begun before and stays open hides nothing that was committed after', async () => {
    const { journal, cleanup } = await makeStore();
    const idle = await connected();
    await idle.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
    // Takes a transaction id and a snapshot: readers that wait for the oldest one would wait for this.
    await idle.query('SELECT pg_current_xact_id()');
    let head = await journal.acquire('first');
    const seen: number[] = [];
    const subscription = journal.subscribe(0, async (batch) => {
      seen.push(...positions([batch]));
    });
    for (let i = 0; i < 5; i += 1) head = await journal.append(request(head, 2));
    while (seen.length < 10) await sleep(5);
    expect(seen).toEqual(upTo(10));
    expect(positions(await collect(journal.read(0)))).toEqual(upTo(10));
    await idle.query('COMMIT');
    await idle.end();
    await subscription.stop();
    await cleanup();
  });

  it('appends that were rolled back leave no gap in positions or batch numbers', async () => {
    const { journal, cleanup } = await makeStore();
    const client = await connected();
    let head = await journal.acquire('first');
    for (let i = 0; i < 4; i += 1) {
      await client.query('BEGIN');
      expect(await appendIn(client, head, seal(request(head, 3)))).toBe(true);
      await client.query('ROLLBACK');
      head = await journal.append(request(head, 2));
    }
    const batches = await collect(journal.read(0));
    expect(batches.map(({ header }) => header.seq)).toEqual(upTo(4));
    expect(positions(batches)).toEqual(upTo(8));
    await client.end();
    await cleanup();
  });
}
