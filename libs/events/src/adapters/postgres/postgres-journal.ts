import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { GENESIS, headAfter, seal, type Segment } from '../../journal/chain.js';
import { JournalConflict, JournalCorrupt, JournalUnavailable } from '../../journal/errors.js';
import type {
  AppendRequest,
  Batch,
  Journal,
  JournalHead,
  PartitionOffset,
  Subscription,
} from '../../journal/journal.js';
import { PAGE, type Range, readBatches } from '../../journal/reader.js';
import { follow } from '../../journal/subscription.js';
import { copyOut } from './copy-out.js';
import { explain, isLost, isOccupied, isTransient } from './faults.js';
import { Listener } from './listener.js';
import * as sql from './statements.js';
import { WriterConnection } from './writer.js';

export interface PostgresJournalOptions {
  /** Connection URL; or a pool of the caller's, which the caller closes and gives its role. */
  readonly url?: string;
  readonly pool?: pg.Pool;
  readonly shard?: number;
  /**
   * Role to work as after connecting with `url`. By default `novate_app`, which cannot change what was written, however
   * much the login may do; `none` works as the login itself.
   */
  readonly role?: string;
}

const MAX_PAUSE_MS = 5_000;

/** The default adapter: one row per batch, head compare-and-swap, offsets and batch in one statement. */
export function postgresJournal(options: PostgresJournalOptions): Journal {
  return new PostgresJournal(options);
}

class PostgresJournal implements Journal {
  private readonly pool: pg.Pool;
  private readonly ownsPool: boolean;
  private readonly shard: number;
  private readonly listener: Listener;
  /** Where appends go; with a pool of the caller's they go there, for it may have no connection to spare. */
  private readonly writer: WriterConnection | undefined;
  private readonly closing = new AbortController();
  /** Queries without an answer yet. */
  private readonly asked = new Set<Promise<unknown>>();

  constructor({ url, pool, shard = 0, role = 'novate_app' }: PostgresJournalOptions) {
    if (pool === undefined && url === undefined) throw new TypeError('url or pool is needed');
    const working = role === 'none' ? {} : { options: `-c role=${role}` };
    const connection = { connectionString: url, ...working };
    this.pool = pool ?? new pg.Pool({ ...connection, max: 4 });
    this.writer = pool === undefined ? new WriterConnection(connection) : undefined;
    this.ownsPool = pool === undefined;
    // An idle connection that breaks is replaced on next use: not a reason to end the process.
    if (this.ownsPool) this.pool.on('error', () => undefined);
    this.shard = shard;
    this.listener = new Listener(this.pool);
  }

  private async query<R extends pg.QueryResultRow>(
    text: string,
    values: unknown[],
    name?: string,
    on: Pick<WriterConnection, 'query'> = this.pool,
  ): Promise<R[]> {
    if (this.closing.signal.aborted) throw new JournalUnavailable('the journal is closed');
    const config = name === undefined ? { text, values } : { name, text, values };
    const answer = on.query<R>(config);
    this.asked.add(answer);
    return (await answer.finally(() => this.asked.delete(answer))).rows;
  }

  /** A query whose failure leaves nothing open. */
  private async ask<R extends pg.QueryResultRow>(
    text: string,
    values: unknown[],
    name?: string,
  ): Promise<R[]> {
    try {
      return await this.query<R>(text, values, name);
    } catch (error) {
      throw explain(error);
    }
  }

  async head(): Promise<JournalHead> {
    const [row] = await this.ask<HeadRow>(sql.HEAD, [this.shard], 'novate_head');
    if (row) return this.toHead(row);
    return { shard: this.shard, batches: 0, size: 0, epoch: 0, hash: GENESIS };
  }

  private toHead({ epoch, batches, size, hash }: HeadRow): JournalHead {
    const counts = { batches: Number(batches), size: Number(size), epoch: Number(epoch) };
    return { shard: this.shard, ...counts, hash };
  }

  async acquire(writer: string): Promise<JournalHead> {
    const [row] = await this.ask<HeadRow>(sql.ACQUIRE, [this.shard, GENESIS, writer]);
    return this.toHead(row!);
  }

  async append(request: AppendRequest): Promise<JournalHead> {
    const { expected } = request;
    if (expected.shard !== this.shard) {
      throw new RangeError(`this journal holds shard ${this.shard}, not ${expected.shard}`);
    }
    const segment = seal(request);
    let moved: boolean;
    try {
      moved = await this.write(expected, segment, request.offsets ?? []);
    } catch (error) {
      if (isOccupied(error)) throw new JournalCorrupt(segment.seq, 'it is there before its time');
      if (!isLost(error)) throw explain(error);
      return this.resolveUnknown(expected, segment, error);
    }
    if (!moved) {
      throw new JournalConflict(`expected batch ${expected.batches} in epoch ${expected.epoch}`);
    }
    this.listener.now();
    return headAfter(expected, segment);
  }

  private async write(
    expected: JournalHead,
    segment: Segment,
    offsets: readonly PartitionOffset[],
  ): Promise<boolean> {
    const { seq, firstPosition, count, header, prevHash, hash, payload } = segment;
    const place = [this.shard, expected.epoch, seq, JSON.stringify(offsets)];
    const row = [firstPosition, count, header, prevHash, hash, payload];
    const values = [...place, ...row];
    const rows = await this.query(sql.APPEND, values, 'novate_append', this.writer);
    return rows.length > 0;
  }

  /**
   * The connection broke before the answer came. Once the epoch is raised the batch can no longer arrive, so what the
   * head says then is final: our hash, and it was written; the old one, and it never will be.
   */
  private async resolveUnknown(
    expected: JournalHead,
    segment: Segment,
    cause: unknown,
  ): Promise<JournalHead> {
    const { epoch, batches, hash } = expected;
    const fenced = await this.ask(sql.FENCE, [this.shard, epoch, batches, hash]).catch((error) => {
      const said = 'its connection broke and the database is away: acquire() before writing again';
      throw new JournalUnavailable(`batch ${segment.seq} may or may not be written: ${said}`, {
        cause: error,
      });
    });
    if (fenced.length > 0) {
      const said = 'its connection broke; acquire() before writing again';
      throw new JournalUnavailable(`batch ${segment.seq} was not written: ${said}`, { cause });
    }
    const head = await this.head();
    if (head.epoch !== epoch || head.hash !== segment.hash) {
      throw new JournalConflict(`the head moved to batch ${head.batches} in epoch ${head.epoch}`);
    }
    this.listener.now();
    return head;
  }

  async locate(position: number): Promise<number | undefined> {
    const [row] = await this.ask<{ seq: string }>(sql.LOCATE, [this.shard, position]);
    return row && Number(row.seq);
  }

  async page(seq: number): Promise<readonly Segment[]> {
    if (this.closing.signal.aborted) throw new JournalUnavailable('the journal is closed');
    const answer = copyOut(this.pool, sql.page(this.shard, seq, PAGE));
    this.asked.add(answer);
    try {
      return (await answer).map(toSegment);
    } catch (error) {
      throw explain(error);
    } finally {
      this.asked.delete(answer);
    }
  }

  read(from: number, to?: number): AsyncIterable<Batch> {
    return readBatches(this, { from, to });
  }

  subscribe(from: number, onBatch: (batch: Batch) => Promise<void>): Subscription {
    const feed = {
      size: async () => (await this.head()).size,
      read: (range: Range) => readBatches(this, range),
      changes: () => this.listener.changes(),
      wait: (since: number, signal: AbortSignal) => this.listener.wait(since, signal),
      recovers,
    };
    return follow(feed, from, onBatch, this.closing.signal);
  }

  async offsets(): Promise<readonly PartitionOffset[]> {
    return this.ask<PartitionOffset & pg.QueryResultRow>(sql.OFFSETS, [this.shard]);
  }

  async close(): Promise<void> {
    if (this.closing.signal.aborted) return;
    this.closing.abort();
    await this.listener.close();
    // A pool that ends forgets the queries still waiting for a connection: they would never return.
    await Promise.allSettled(this.asked);
    await this.writer?.close();
    if (this.ownsPool) await this.pool.end();
  }
}

interface HeadRow {
  readonly epoch: string;
  readonly batches: string;
  readonly size: string;
  readonly hash: string;
}

/** A row of `sql.page`. */
function toSegment(row: readonly Buffer[]): Segment {
  const [seq, firstPosition, count, header, prevHash, hash, payload] = row;
  return {
    seq: Number(seq!.readBigInt64BE()),
    firstPosition: Number(firstPosition!.readBigInt64BE()),
    count: count!.readInt32BE(),
    header: header!.toString('utf8'),
    prevHash: prevHash!.toString('utf8'),
    hash: hash!.toString('utf8'),
    payload: payload!,
  };
}

async function recovers(error: unknown, attempt: number, signal: AbortSignal): Promise<boolean> {
  if (!isTransient(error)) return false;
  const pause = Math.min(100 * 2 ** attempt, MAX_PAUSE_MS);
  try {
    await sleep(pause, undefined, { signal });
  } catch {
    // Stopped meanwhile: whoever asked will see.
  }
  return true;
}
