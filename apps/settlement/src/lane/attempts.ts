import type { Address, Hash, Hex } from 'viem';
import { Client, DatabaseError } from 'pg';
import type { Attempt } from './plan.js';

/** Another process took the lane over, or the connection that held it broke: this one may send nothing any more. */
export class LaneLost extends Error {
  override readonly name = 'LaneLost';
}

/** A database that has not answered by then holds no lane for us. */
const QUERY_MS = 10_000;

interface Row {
  tx_hash: Hash;
  nonce: string;
  job: string | null;
  raw: Hex;
  max_fee: string;
  tip: string;
  created_at: Date;
}

const attempt = (row: Row): Attempt => ({
  hash: row.tx_hash,
  nonce: Number(row.nonce),
  job: row.job ?? undefined,
  raw: row.raw,
  maxFee: BigInt(row.max_fee),
  tip: BigInt(row.tip),
  createdAt: row.created_at.getTime(),
});

/**
 * The journal of one lane, on the connection that holds its lock. The lock keeps a second process out while this one
 * lives; the epoch keeps this one out should its connection break without its noticing.
 */
export class AttemptJournal {
  private lost: Error | undefined;

  private constructor(
    private readonly client: Client,
    private readonly chainId: number,
    private readonly submitter: Address,
    readonly epoch: bigint,
  ) {
    client.on('error', (error) => (this.lost ??= error));
    client.on('end', () => (this.lost ??= new Error('its connection ended')));
  }

  /** Waits until nobody else holds the lane, or `signal` is aborted. */
  static async open(
    url: string,
    chainId: number,
    submitter: Address,
    signal?: AbortSignal,
  ): Promise<AttemptJournal> {
    const client = new Client({ connectionString: url, keepAlive: true, query_timeout: QUERY_MS });
    client.on('error', () => undefined);
    await client.connect();
    try {
      await takeLock(client, `novate lane ${chainId} ${submitter.toLowerCase()}`, signal);
      const { rows } = await client.query<{ epoch: string }>(
        `INSERT INTO settlement.lane VALUES ($1, $2, 1)
           ON CONFLICT (chain_id, submitter) DO UPDATE SET epoch = lane.epoch + 1
           RETURNING epoch`,
        [chainId, submitter.toLowerCase()],
      );
      const epoch = BigInt(rows[0]?.epoch ?? 0);
      return new AttemptJournal(client, chainId, submitter.toLowerCase() as Address, epoch);
    } catch (error) {
      await client.end().catch(() => undefined);
      throw error;
    }
  }

  /** Commits the attempt; only then may it be sent. */
  async write(each: Attempt): Promise<void> {
    const { rowCount } = await this.query(
      `INSERT INTO settlement.tx_attempt
           (tx_hash, chain_id, submitter, nonce, job, raw, max_fee, tip, epoch, created_at)
         SELECT $1, chain_id, submitter, $4, $5, $6, $7, $8, epoch, $9
           FROM settlement.lane WHERE chain_id = $2 AND submitter = $3 AND epoch = $10
           FOR SHARE`,
      [
        ...[each.hash, this.chainId, this.submitter, each.nonce, each.job ?? null, each.raw],
        ...[each.maxFee, each.tip, new Date(each.createdAt), this.epoch],
      ],
    );
    if (rowCount !== 1) throw new LaneLost('the lane has a newer holder');
  }

  /** Attempts at this nonce and above, oldest first. */
  async from(nonce: number): Promise<readonly Attempt[]> {
    return this.select('nonce >= $3', nonce);
  }

  /** Every attempt there was at a job, oldest first. */
  async of(job: string): Promise<readonly Attempt[]> {
    return this.select('job = $3', job);
  }

  /** Nonces below `mined` that were spent on a job: in blocks, whatever they did there. */
  async spentOn(job: string, mined: number): Promise<number> {
    const attempts = await this.of(job);
    return new Set(attempts.map(({ nonce }) => nonce).filter((nonce) => nonce < mined)).size;
  }

  async close(): Promise<void> {
    await this.client.end().catch(() => undefined);
  }

  private async select(where: string, value: unknown): Promise<readonly Attempt[]> {
    const { rows } = await this.query<Row>(
      `SELECT tx_hash, nonce, job, raw, max_fee, tip, created_at FROM settlement.tx_attempt
        WHERE chain_id = $1 AND submitter = $2 AND ${where} ORDER BY ordinal`,
      [this.chainId, this.submitter, value],
    );
    return rows.map(attempt);
  }

  private assertHeld(): void {
    if (this.lost) throw new LaneLost(`the lane's connection broke: ${this.lost.message}`);
  }

  private async query<R extends object>(
    text: string,
    values: readonly unknown[],
  ): Promise<{ rows: R[]; rowCount: number | null }> {
    this.assertHeld();
    try {
      return await this.client.query<R>(text, [...values]);
    } catch (error) {
      // Not the database's own refusal: nobody knows what it did, or whether this is still its connection.
      if (!(error instanceof DatabaseError)) this.lost ??= error as Error;
      this.assertHeld();
      throw error;
    }
  }
}

async function takeLock(client: Client, name: string, signal?: AbortSignal): Promise<void> {
  for (;;) {
    signal?.throwIfAborted();
    const { rows } = await client.query<{ taken: boolean }>(
      'SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS taken',
      [name],
    );
    if (rows[0]?.taken === true) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
