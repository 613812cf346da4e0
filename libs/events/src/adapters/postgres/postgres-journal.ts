import pg from 'pg';
import { GENESIS, headAfter, open, seal, type Segment } from '../../journal/chain.js';
import { JournalConflict, JournalUnavailable } from '../../journal/errors.js';
import type {
  AppendRequest,
  Batch,
  Journal,
  JournalHead,
  PartitionOffset,
} from '../../journal/journal.js';
import { follow } from '../../journal/subscription.js';
import { Wakeup } from './wakeup.js';

export interface PostgresJournalOptions {
  /** Connection URL; or a pool of the caller's, which the caller closes. */
  readonly url?: string;
  readonly pool?: pg.Pool;
  readonly shard?: number;
  /** Role to work as after connecting, e.g. `novate_app`, which cannot change what was written. */
  readonly role?: string;
}

const PAGE = 16;

const APPEND = `
WITH moved AS (
  UPDATE journal.head SET batches = $3 + 1, size = $5::bigint + $6::int, hash = $9
  WHERE shard = $1 AND epoch = $2 AND batches = $3 AND hash = $8 RETURNING shard
), kept AS (
  INSERT INTO journal.segment (shard, seq, first_position, count, header, prev_hash, hash, payload)
  SELECT $1, $3, $5, $6, $7, $8, $9, $10 FROM moved
), offsets AS (
  INSERT INTO journal.intake_offset (shard, topic, partition, next_offset, ahead, seq)
  SELECT $1, o.topic, o.partition, o.next, o.ahead, $3
  FROM moved, jsonb_to_recordset($4::jsonb) AS o(topic text, partition int, next bigint, ahead text)
  ON CONFLICT (shard, topic, partition)
  DO UPDATE SET next_offset = EXCLUDED.next_offset, ahead = EXCLUDED.ahead, seq = EXCLUDED.seq
)
SELECT shard, pg_notify('novate_journal', $1::text) FROM moved`;

interface Row {
  readonly seq: string;
  readonly first_position: string;
  readonly count: number;
  readonly header: string;
  readonly prev_hash: string;
  readonly hash: string;
  readonly payload: Buffer;
}

/** The default adapter: one row per batch, head compare-and-swap, offsets and batch in one statement. */
export function postgresJournal(options: PostgresJournalOptions): Journal {
  return new PostgresJournal(options);
}

class PostgresJournal implements Journal {
  private readonly pool: pg.Pool;
  private readonly ownsPool: boolean;
  private readonly shard: number;
  private readonly wakeup: Wakeup;
  private closed = false;

  constructor(options: PostgresJournalOptions) {
    const { url, pool, shard, role } = options;
    if (pool === undefined && url === undefined) throw new TypeError('url or pool is needed');
    const config: pg.PoolConfig = { connectionString: url, max: 4 };
    if (role !== undefined) config.options = `-c role=${role}`;
    this.pool = pool ?? new pg.Pool(config);
    this.ownsPool = pool === undefined;
    // An idle connection that breaks is replaced on next use: not a reason to end the process.
    if (this.ownsPool) this.pool.on('error', () => undefined);
    this.shard = shard ?? 0;
    this.wakeup = new Wakeup(this.pool);
  }

  private async query<R extends pg.QueryResultRow>(
    text: string,
    values: unknown[],
    name?: string,
  ): Promise<R[]> {
    if (this.closed) throw new JournalUnavailable('the journal is closed');
    const config = name === undefined ? { text, values } : { name, text, values };
    return (await this.pool.query<R>(config)).rows;
  }

  async head(): Promise<JournalHead> {
    const rows = await this.query<{ epoch: string; batches: string; size: string; hash: string }>(
      'SELECT epoch, batches, size, hash FROM journal.head WHERE shard = $1',
      [this.shard],
    );
    const row = rows[0];
    if (row === undefined) {
      return { shard: this.shard, batches: 0, size: 0, epoch: 0, hash: GENESIS };
    }
    const [epoch, batches, size] = [Number(row.epoch), Number(row.batches), Number(row.size)];
    return { shard: this.shard, epoch, batches, size, hash: row.hash };
  }

  async acquire(writer: string): Promise<JournalHead> {
    await this.query(
      `INSERT INTO journal.head VALUES ($1, 1, 0, 0, $2, $3)
       ON CONFLICT (shard) DO UPDATE SET epoch = journal.head.epoch + 1, writer = EXCLUDED.writer`,
      [this.shard, GENESIS, writer],
    );
    return this.head();
  }

  async append(request: AppendRequest): Promise<JournalHead> {
    if (request.events.length === 0) throw new RangeError('a batch holds at least one event');
    const { expected } = request;
    const segment = seal(request);
    let moved: number;
    try {
      moved = await this.write(expected, segment, request.offsets ?? []);
    } catch (error) {
      if (!isLost(error)) throw error;
      return this.resolveUnknown(expected, segment, error);
    }
    if (moved === 0) {
      throw new JournalConflict(`expected batch ${expected.batches} in epoch ${expected.epoch}`);
    }
    this.wakeup.now();
    return headAfter(expected, segment);
  }

  private async write(
    expected: JournalHead,
    segment: Segment,
    offsets: readonly PartitionOffset[],
  ): Promise<number> {
    const rows = await this.query(
      APPEND,
      [
        this.shard,
        expected.epoch,
        segment.seq,
        JSON.stringify(offsets),
        segment.firstPosition,
        segment.count,
        segment.header,
        segment.prevHash,
        segment.hash,
        segment.payload,
      ],
      'novate_append',
    );
    return rows.length;
  }

  /** The connection broke before the answer came: the head says whether the batch is in. */
  private async resolveUnknown(
    expected: JournalHead,
    segment: Segment,
    cause: unknown,
  ): Promise<JournalHead> {
    const head = await this.head();
    if (head.hash === segment.hash && head.batches === segment.seq + 1) return head;
    if (head.hash === expected.hash && head.epoch === expected.epoch) {
      throw new JournalUnavailable('the batch was not written: its connection broke', { cause });
    }
    throw new JournalConflict(`the head moved to batch ${head.batches}`);
  }

  async *read(from: number, to?: number): AsyncGenerator<Batch> {
    const start = await this.query<{ seq: string }>(
      `SELECT seq FROM journal.segment WHERE shard = $1 AND first_position <= $2
       ORDER BY first_position DESC LIMIT 1`,
      [this.shard, from],
    );
    // One batch earlier, so that the first one's link is checked as well.
    let next = Math.max(Number(start[0]?.seq ?? 0) - 1, 0);
    let previous: Segment | undefined;
    let page = this.page(next);
    for (;;) {
      const segments = await page;
      if (segments.length === 0) return;
      next = segments[segments.length - 1]!.seq + 1;
      page = this.page(next);
      // Fetched ahead: whoever stops reading early must not leave an unhandled rejection behind.
      page.catch(() => undefined);
      for (const segment of segments) {
        if (to !== undefined && segment.firstPosition > to) return;
        const batch = open(segment, previous);
        previous = segment;
        if (segment.firstPosition + segment.count > from) yield batch;
      }
    }
  }

  private async page(from: number): Promise<Segment[]> {
    const rows = await this.query<Row & pg.QueryResultRow>(
      `SELECT seq, first_position, count, header, prev_hash, hash, payload
       FROM journal.segment WHERE shard = $1 AND seq >= $2 ORDER BY seq LIMIT ${PAGE}`,
      [this.shard, from],
      'novate_read',
    );
    return rows.map((row) => ({
      seq: Number(row.seq),
      firstPosition: Number(row.first_position),
      count: row.count,
      header: row.header,
      prevHash: row.prev_hash,
      hash: row.hash,
      payload: row.payload,
    }));
  }

  subscribe(from: number, onBatch: (batch: Batch) => Promise<void>) {
    const wait = (signal: AbortSignal): Promise<void> => this.wakeup.wait(signal);
    return follow({ read: (at) => this.read(at), wait }, from, onBatch);
  }

  async offsets(): Promise<readonly PartitionOffset[]> {
    return this.query<PartitionOffset & pg.QueryResultRow>(
      `SELECT topic, partition, next_offset::text AS next, ahead FROM journal.intake_offset
       WHERE shard = $1 ORDER BY topic, partition`,
      [this.shard],
    );
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    await this.wakeup.close();
    if (this.ownsPool) await this.pool.end();
  }
}

/** Did the connection break while the server may have gone on? Server-side errors carry a five-letter SQLSTATE. */
function isLost(error: unknown): boolean {
  const code = (error as { code?: unknown }).code;
  const refused = typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code);
  return !refused || String(code).startsWith('57P') || String(code).startsWith('08');
}
