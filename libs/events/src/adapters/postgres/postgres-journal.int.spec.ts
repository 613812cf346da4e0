import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { describePostgres, freshDatabase } from '../../../../../test/support/services.js';
import { JournalConflict, JournalCorrupt, JournalUnavailable } from '../../journal/errors.js';
import type { FaultName, Faults } from '../../journal/faults.contract.js';
import { journalContract, type JournalUnderTest } from '../../journal/journal.contract.js';
import type { Journal, JournalHead } from '../../journal/journal.js';
import { verifyJournal } from '../../journal/verify.js';
import { collect, positions, trades, upTo } from '../../testing/facts.js';
import { faultyProxy, type Proxy } from '../../testing/proxy.js';
import { migrateJournal } from './migrate.js';
import { postgresJournal } from './postgres-journal.js';

const FAULTS: readonly FaultName[] = [
  'lose-answer',
  'lose-request',
  'delay-request',
  'drop-readers',
  'idle-stranger',
];

let url: string;
let drop: () => Promise<void>;
let owner: pg.Pool;
/** Each test writes to a shard of its own: cheaper than a database of its own. */
let shard = 0;

async function setUp(): Promise<void> {
  ({ url, drop } = await freshDatabase());
  await migrateJournal(url);
  owner = new pg.Pool({ connectionString: url, max: 2 });
}

async function tearDown(): Promise<void> {
  await owner.end();
  await drop();
}

/** Appends batches of three trades to a new shard. */
async function filled(batches: number): Promise<{ journal: Journal; head: JournalHead }> {
  const journal = postgresJournal({ url, shard });
  let head = await journal.acquire('writer');
  for (let i = 0; i < batches; i += 1) {
    const events = trades(head.size, 3);
    head = await journal.append({ expected: head, events, recordedAt: i });
  }
  return { journal, head };
}

describePostgres('the journal in Postgres', () => {
  beforeAll(setUp);
  afterAll(tearDown);

  journalContract('postgres', makeStore, FAULTS);

  describePostgres('rights', rightsCases);
  describePostgres('tampering', tamperingCases);
  describePostgres('other transactions and lost connections', faultCases);
});

/** Empty tables, a journal on a line that can be broken, and handles on lines that cannot. */
async function makeStore(): Promise<JournalUnderTest> {
  // The contract compares whole heads, so each case has shard 0 to itself.
  await owner.query('ALTER TABLE journal.segment DISABLE TRIGGER USER');
  await owner.query('ALTER TABLE journal.head DISABLE TRIGGER USER');
  await owner.query('TRUNCATE journal.segment, journal.head, journal.intake_offset');
  await owner.query('ALTER TABLE journal.segment ENABLE ALWAYS TRIGGER segment_append_only');
  await owner.query('ALTER TABLE journal.head ENABLE ALWAYS TRIGGER head_forward_only');
  await owner.query('ALTER TABLE journal.head ENABLE ALWAYS TRIGGER head_never_removed');
  const proxy = await faultyProxy(url);
  const opened = [postgresJournal({ url: proxy.url })];
  const faults = faultsOf(proxy);
  return {
    journal: opened[0]!,
    again: async () => {
      const journal = postgresJournal({ url });
      opened.push(journal);
      return journal;
    },
    cleanup: async () => {
      await faults.release();
      await Promise.all(opened.map((journal) => journal.close()));
      await proxy.close();
    },
    faults,
  };
}

function faultsOf(proxy: Proxy): Faults {
  let stranger: pg.Client | undefined;
  let struck = false;
  return {
    strike: async (fault) => {
      struck = true;
      if (fault === 'drop-readers') return proxy.cut();
      if (fault !== 'idle-stranger') return proxy.arm(fault);
      stranger = new pg.Client({ connectionString: url });
      await stranger.connect();
      await stranger.query('CREATE TABLE IF NOT EXISTS stranger (id int)');
      await stranger.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
      await stranger.query('INSERT INTO stranger VALUES (1)');
    },
    release: async () => {
      await stranger?.end();
      stranger = undefined;
      proxy.release();
      // Until what was held back has come through.
      if (struck) await sleep(100);
      struck = false;
    },
  };
}

function rightsCases(): void {
  beforeEach(() => {
    shard += 1;
  });

  const asRole = async (role: string, statement: string): Promise<unknown> => {
    const client = await owner.connect();
    try {
      await client.query(`SET ROLE ${role}`);
      return await client.query(statement);
    } finally {
      client.release(true);
    }
  };
  const changes = [
    "UPDATE journal.segment SET payload = ''",
    'DELETE FROM journal.segment',
    'TRUNCATE journal.segment',
  ];

  it.each(changes)('the application may not: %s', async (statement) => {
    await expect(asRole('novate_app', statement)).rejects.toMatchObject({ code: '42501' });
  });
  it.each(changes)('not even a superuser may: %s', async (statement) => {
    const { journal } = await filled(1);
    await expect(owner.query(statement)).rejects.toMatchObject({
      code: '23000',
      message: expect.stringContaining('append-only'),
    });
    await journal.close();
  });
  it('not even in a session that switches ordinary triggers off', async () => {
    const client = await owner.connect();
    await client.query('SET session_replication_role = replica');
    const statement = client.query('DELETE FROM journal.segment');
    await expect(statement).rejects.toMatchObject({ code: '23000' });
    client.release(true);
  });
  it('the head only moves forward', async () => {
    const { journal } = await filled(2);
    for (const change of ['batches = 1, size = 3', 'epoch = 0', `hash = '${'ab'.repeat(32)}'`]) {
      const statement = `UPDATE journal.head SET ${change} WHERE shard = ${shard}`;
      await expect(asRole('novate_app', statement)).rejects.toMatchObject({ code: '23000' });
    }
    await expect(owner.query('DELETE FROM journal.head')).rejects.toMatchObject({ code: '23000' });
    await journal.close();
  });
  it('a reader may read and nothing else', async () => {
    await expect(asRole('novate_reader', 'SELECT * FROM journal.segment')).resolves.toBeDefined();
    for (const statement of ['UPDATE journal.head SET epoch = 9', ...changes]) {
      await expect(asRole('novate_reader', statement)).rejects.toMatchObject({ code: '42501' });
    }
  });
}

function tamperingCases(): void {
  beforeEach(() => {
    shard += 1;
  });

  /** What only somebody who owns the table can do: switch the guard off, change history, switch it on again. */
  const tamper = async (statement: string): Promise<void> => {
    await owner.query('ALTER TABLE journal.segment DISABLE TRIGGER segment_append_only');
    await owner.query(statement, [shard]);
    await owner.query('ALTER TABLE journal.segment ENABLE ALWAYS TRIGGER segment_append_only');
  };
  const flip = (seq: number): string =>
    `UPDATE journal.segment SET payload = set_byte(payload, 40, get_byte(payload, 40) # 1)
     WHERE shard = $1 AND seq = ${seq}`;
  const remove = (seq: number): string =>
    `DELETE FROM journal.segment WHERE shard = $1 AND seq = ${seq}`;

  it.each([
    ['a flipped byte', flip(20), 20],
    ['a deleted first batch', remove(0), 0],
    ['a deleted batch', remove(9), 9],
    ['a deleted last batch', remove(24), 24],
  ])('%s is found and names the batch', async (_, statement, batch) => {
    const { journal } = await filled(25);
    await tamper(statement);
    expect(await verifyJournal(journal)).toMatchObject({ ok: false, batch });
    await expect(collect(journal.read(0))).rejects.toMatchObject({ name: 'JournalCorrupt', batch });
    await journal.close();
  });
  it('is found by a reader that begins right behind it', async () => {
    const { journal } = await filled(10);
    await tamper(flip(4));
    await expect(collect(journal.read(15))).rejects.toMatchObject({ batch: 4 });
    expect(positions(await collect(journal.read(18)))).toEqual(upTo(30, 18));
    await journal.close();
  });
  it('a batch beyond the head is not read, and stops the writer', async () => {
    const { journal, head } = await filled(2);
    await owner.query(
      `INSERT INTO journal.segment SELECT shard, 2, 6, 3, header, prev_hash, hash, payload
       FROM journal.segment WHERE shard = $1 AND seq = 1`,
      [shard],
    );
    expect(positions(await collect(journal.read(0)))).toEqual(upTo(6));
    const request = { expected: head, events: trades(6, 1), recordedAt: 1 };
    await expect(journal.append(request)).rejects.toBeInstanceOf(JournalCorrupt);
    expect(await journal.head()).toEqual(head);
    await journal.close();
  });
}

function faultCases(): void {
  beforeEach(() => {
    shard += 1;
  });

  /** A pool that loses the connection of the next append, before the server has it or after it committed. */
  const losing = (when: 'before' | 'after' | 'late'): { pool: pg.Pool; armed: () => void } => {
    const pool = new pg.Pool({ connectionString: url, max: 3 });
    let armed = false;
    const send = pool.query.bind(pool) as (config: unknown) => Promise<unknown>;
    const lossy = async (config: { text: string }): Promise<unknown> => {
      if (!armed || !config.text.includes('journal.append(')) return send(config);
      armed = false;
      if (when === 'after') await send(config);
      // Still in a buffer somewhere when the connection breaks; arrives when nobody waits for it.
      if (when === 'late') late = () => send(config);
      throw Object.assign(new Error('Connection terminated unexpectedly'), { code: 'ECONNRESET' });
    };
    Object.assign(pool, { query: lossy });
    return { pool, armed: () => (armed = true) };
  };
  let late: (() => Promise<unknown>) | undefined;

  it('a lost answer to a commit that happened is success', async () => {
    const { pool, armed } = losing('after');
    const journal = postgresJournal({ pool, shard });
    const head = await journal.acquire('writer');
    armed();
    const next = await journal.append({ expected: head, events: trades(0, 3), recordedAt: 1 });
    expect(next).toEqual(await journal.head());
    const request = { expected: next, events: trades(3, 2), recordedAt: 2 };
    expect((await journal.append(request)).size).toBe(5);
    expect(positions(await collect(journal.read(0)))).toEqual(upTo(5));
    await journal.close();
    await pool.end();
  });
  it('an append that never arrived fails, and cannot arrive later', async () => {
    const { pool, armed } = losing('late');
    const journal = postgresJournal({ pool, shard });
    const head = await journal.acquire('writer');
    armed();
    const request = { expected: head, events: trades(0, 3), recordedAt: 1 };
    await expect(journal.append(request)).rejects.toBeInstanceOf(JournalUnavailable);
    expect(await late?.()).toMatchObject({ rowCount: 0 });
    expect(await journal.head()).toMatchObject({ size: 0, batches: 0 });
    await expect(journal.append(request)).rejects.toBeInstanceOf(JournalConflict);
    const expected = await journal.acquire('writer');
    expect((await journal.append({ ...request, expected })).size).toBe(3);
    await journal.close();
    await pool.end();
  });
  it('a lost append whose successor is another writer is a conflict', async () => {
    const { pool, armed } = losing('before');
    const journal = postgresJournal({ pool, shard });
    const head = await journal.acquire('first');
    await postgresJournal({ pool, shard }).acquire('second');
    armed();
    const request = { expected: head, events: trades(0, 3), recordedAt: 1 };
    await expect(journal.append(request)).rejects.toBeInstanceOf(JournalConflict);
    await journal.close();
    await pool.end();
  });
  it('a subscriber outlives the loss of every connection', async () => {
    const { journal } = await filled(2);
    const seen: number[] = [];
    const subscription = journal.subscribe(0, async (batch) => {
      seen.push(...positions([batch]));
    });
    await subscription.caughtUp;
    await owner.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND pid <> pg_backend_pid()`,
    );
    const other = await postgresAfterLoss();
    const head = await other.acquire('second');
    await other.append({ expected: head, events: trades(6, 3), recordedAt: 1 });
    while (seen.length < 9) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(seen).toEqual(upTo(9));
    await subscription.stop();
    await Promise.all([journal.close(), other.close()]);
  });
  const postgresAfterLoss = async (): Promise<Journal> => postgresJournal({ url, shard });
}
