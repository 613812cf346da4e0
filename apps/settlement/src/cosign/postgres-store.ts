import { canonicalJson } from '#events';
import pg from 'pg';
import type { Hex } from 'viem';
import type { BatchHeader } from '../batch/index.js';
import type { FeedEvent } from '../house/index.js';
import type { CopyStore, StoredLine } from './log-copy.js';
import {
  type FirstUse,
  type LedgerName,
  type SignedBatch,
  type SignedStore,
  StoreUnavailable,
} from './ports.js';
import { COSIGN_SCHEMA } from './schema.js';
import { headerJson } from './wire.js';

const LOCK = 7_251_908;
/** Lines read at a time: a whole log does not fit into memory. */
const PAGE = 2_000;

/** The database belongs to another key, or cannot keep what it is told. */
export class StoreRefused extends Error {
  override readonly name = 'StoreRefused';
}

export interface StoreOwner {
  readonly signer: Hex;
  /** First key of the log, as `formatVerifierKey` writes it. */
  readonly logKey: string;
}

/** A co-signer's memory in Postgres: it commits to disk before it says so. */
export class PostgresStore implements SignedStore, CopyStore {
  private constructor(private readonly pool: pg.Pool) {}

  /**
   * Makes the tables where they are missing, and writes down whose database it is.
   * @throws StoreRefused where it is another's, or the server may lose what it committed
   */
  static async open(url: string, owner: StoreOwner): Promise<PostgresStore> {
    const pool = new pg.Pool({
      connectionString: url,
      max: 4,
      connectionTimeoutMillis: 5_000,
      options: '-c synchronous_commit=on',
    });
    pool.on('error', () => undefined);
    const store = new PostgresStore(pool);
    try {
      await store.prepare(owner);
      return store;
    } catch (error) {
      await pool.end();
      throw error;
    }
  }

  close(): Promise<void> {
    return this.pool.end();
  }

  private async prepare({ signer, logKey }: StoreOwner): Promise<void> {
    const [durable] = await this.rows<{ fsync: string; commit: string }>(
      `SELECT current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS commit`,
    );
    if (durable?.fsync !== 'on' || durable.commit !== 'on') {
      throw new StoreRefused('the database does not write to disk what it commits: fsync is off');
    }
    await this.transaction(async (client) => {
      await client.query('SELECT pg_advisory_xact_lock($1)', [LOCK]);
      await client.query(COSIGN_SCHEMA);
      await client.query(
        'INSERT INTO cosign.identity (signer, log_key) VALUES ($1, $2) ON CONFLICT DO NOTHING',
        [signer, logKey],
      );
    });
    const [owner] = await this.rows<{ signer: string; log_key: string }>(
      'SELECT signer, log_key FROM cosign.identity',
    );
    if (owner?.signer === signer && owner.log_key === logKey) return;
    throw new StoreRefused(
      `the database is that of ${owner?.signer} for the log ${owner?.log_key}: give each its own`,
    );
  }

  // ------------------------------------------------------------------ what was signed

  async signed({ chainId, ledger }: LedgerName, seq: bigint): Promise<SignedBatch | undefined> {
    const [row] = await this.rows<{ digest: Hex; deadline: string }>(
      `SELECT digest, deadline FROM cosign.signed
        WHERE chain_id = $1 AND ledger = $2 AND seq = $3 AND NOT dead`,
      [chainId, ledger, String(seq)],
    );
    return row && { digest: row.digest, deadline: BigInt(row.deadline) };
  }

  async persist(
    at: LedgerName,
    header: BatchHeader,
    digest: Hex,
    dead?: Hex,
  ): Promise<SignedBatch> {
    const { chainId, ledger } = at;
    const { seq, deadline } = header;
    await this.transaction(async (client) => {
      if (dead !== undefined) {
        await client.query(
          `UPDATE cosign.signed SET dead = true
            WHERE chain_id = $1 AND ledger = $2 AND seq = $3 AND digest = $4 AND NOT dead`,
          [chainId, ledger, String(seq), dead],
        );
      }
      await client.query(
        `INSERT INTO cosign.signed (chain_id, ledger, seq, digest, deadline, header)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (chain_id, ledger, seq) WHERE NOT dead DO NOTHING`,
        [chainId, ledger, String(seq), digest, String(deadline), canonicalJson(headerJson(header))],
      );
    });
    const stands = await this.signed(at, seq);
    if (stands === undefined) throw new StoreUnavailable('what was written down is not there');
    return stands;
  }

  async signedLastHour({ chainId, ledger }: LedgerName): Promise<number> {
    const [row] = await this.rows<{ count: string }>(
      `SELECT count(*) FROM cosign.signed
        WHERE chain_id = $1 AND ledger = $2 AND signed_at > now() - interval '1 hour'`,
      [chainId, ledger],
    );
    return Number(row?.count ?? 0);
  }

  async firstUse({ chainId, ledger }: LedgerName): Promise<FirstUse | undefined> {
    const [row] = await this.rows<{ last_seq: string; block_time: string; suspect: boolean }>(
      'SELECT last_seq, block_time, suspect FROM cosign.first_use WHERE chain_id = $1 AND ledger = $2',
      [chainId, ledger],
    );
    if (row === undefined) return undefined;
    const { last_seq: lastSeq, block_time: time, suspect } = row;
    return { lastSeq: BigInt(lastSeq), time: BigInt(time), suspect };
  }

  async begin(at: LedgerName, now: FirstUse): Promise<FirstUse> {
    await this.rows(
      'INSERT INTO cosign.first_use VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING',
      [at.chainId, at.ledger, String(now.lastSeq), String(now.time), now.suspect],
    );
    const stands = await this.firstUse(at);
    if (stands === undefined) throw new StoreUnavailable('what was written down is not there');
    return stands;
  }

  async depositsChecked(rail: string): Promise<number> {
    const [row] = await this.rows<{ number: string }>(
      'SELECT number FROM cosign.deposits_checked WHERE rail = $1',
      [rail],
    );
    return Number(row?.number ?? 0);
  }

  async depositChecked(rail: string, number: number): Promise<void> {
    await this.rows(
      `INSERT INTO cosign.deposits_checked VALUES ($1, $2)
       ON CONFLICT (rail) DO UPDATE SET number = greatest(deposits_checked.number, $2)`,
      [rail, number],
    );
  }

  // ------------------------------------------------------------------ the copy of the log

  async append(events: readonly FeedEvent[]): Promise<void> {
    await this.rows(
      `INSERT INTO cosign.log SELECT * FROM unnest($1::bigint[], $2::text[], $3::bytea[])`,
      [
        events.map(({ event }) => event.position),
        events.map(({ line }) => line),
        events.map(({ leaf }) => leaf),
      ],
    );
  }

  async *lines(): AsyncGenerator<StoredLine> {
    for (let from = 0; ;) {
      const page = await this.rows<{ position: string; line: string; leaf: Buffer }>(
        'SELECT position, line, leaf FROM cosign.log WHERE position >= $1 ORDER BY position LIMIT $2',
        [from, PAGE],
      );
      for (const row of page) yield { ...row, position: Number(row.position) };
      if (page.length < PAGE) return;
      from = Number(page.at(-1)!.position) + 1;
    }
  }

  async altered(from: number, to: number): Promise<number | undefined> {
    const [row] = await this.rows<{ position: string }>(
      `SELECT wanted.position
         FROM generate_series($1::bigint, $2::bigint - 1) AS wanted (position)
         LEFT JOIN cosign.log USING (position)
        WHERE leaf IS DISTINCT FROM sha256('\\x00'::bytea || convert_to(line, 'UTF8'))
        ORDER BY wanted.position LIMIT 1`,
      [from, to],
    );
    return row && Number(row.position);
  }

  async checkpoint(): Promise<string | undefined> {
    const [row] = await this.rows<{ note: string }>('SELECT note FROM cosign.checkpoint');
    return row?.note;
  }

  async keepCheckpoint(note: string): Promise<void> {
    await this.rows(
      'INSERT INTO cosign.checkpoint (note) VALUES ($1) ON CONFLICT (one) DO UPDATE SET note = $1',
      [note],
    );
  }

  // ------------------------------------------------------------------ plumbing

  private async rows<R extends pg.QueryResultRow>(
    sql: string,
    values: readonly unknown[] = [],
  ): Promise<R[]> {
    try {
      return (await this.pool.query<R>(sql, [...values])).rows;
    } catch (error) {
      throw unavailable(error);
    }
  }

  private async transaction(work: (client: pg.PoolClient) => Promise<void>): Promise<void> {
    let client: pg.PoolClient | undefined;
    try {
      client = await this.pool.connect();
      await client.query('BEGIN');
      await work(client);
      await client.query('COMMIT');
      client.release();
    } catch (error) {
      // Closed, not returned: whatever it had begun ends with it.
      client?.release(true);
      throw unavailable(error);
    }
  }
}

/** What a server says of itself as it stops and starts, SQLSTATE classes 08, 53 and 57; the rest are words of the network. */
function unavailable(error: unknown): Error {
  if (error instanceof StoreUnavailable) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new StoreUnavailable(reason, { cause: error });
}
