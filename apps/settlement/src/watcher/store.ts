import { Client, DatabaseError } from 'pg';
import type { Hash } from 'viem';
import type { Block } from '../chain/index.js';
import { type Fact, idOf, streamOf } from './fact.js';
import type { Known, Marks, Observation, Outcome } from './observe.js';
import type { Progress, Read } from './read.js';

/** Another process watches this chain now, or the connection broke. */
export class WatcherLost extends Error {
  override readonly name = 'WatcherLost';
}

export interface Told {
  /** 1, 2, 3...: where a reader is. */
  readonly seq: bigint;
  readonly observation: Observation;
}

/** A database that has not answered by then is not ours any more. */
const QUERY_MS = 30_000;

/** A bigint as its digits and an `n`, which no other text of ours looks like. */
const toJson = (value: unknown): string =>
  JSON.stringify(value, (_key, each: unknown) => (typeof each === 'bigint' ? `${each}n` : each));
const revive = (_key: string, each: unknown): unknown =>
  typeof each === 'string' && /^-?\d+n$/.test(each) ? BigInt(each.slice(0, -1)) : each;
const fromJson = <T>(text: string): T => JSON.parse(text, revive) as T;

/** Where a chain has been read to, and what was seen there; all of a turn in one transaction. */
export class WatcherStore {
  private lost: Error | undefined;

  private constructor(
    private readonly client: Client,
    private readonly chainId: number,
    private readonly epoch: bigint,
  ) {
    client.on('error', (error) => (this.lost ??= error));
    client.on('end', () => (this.lost ??= new Error('it ended')));
  }

  /** @param fromBlock where a chain that was never read begins */
  static async open(url: string, chainId: number, fromBlock: bigint): Promise<WatcherStore> {
    const client = new Client({ connectionString: url, keepAlive: true, query_timeout: QUERY_MS });
    client.on('error', () => undefined);
    await client.connect();
    try {
      const { rows } = await client.query<{ epoch: string }>(
        `INSERT INTO settlement.watcher (chain_id, next, marks, rails) VALUES ($1, $2, '{}', '{}')
           ON CONFLICT (chain_id) DO UPDATE SET epoch = watcher.epoch + 1 RETURNING epoch`,
        [chainId, fromBlock],
      );
      return new WatcherStore(client, chainId, BigInt(rows[0]?.epoch ?? 0));
    } catch (error) {
      await client.end().catch(() => undefined);
      throw error;
    }
  }

  async progress(): Promise<Progress> {
    const [watcher] = await this.query<{ next: string; marks: string; rails: string[] }>(
      'SELECT next, marks::text, rails FROM settlement.watcher WHERE chain_id = $1',
      [],
    );
    const heads = await this.query<HeadRow>(
      `SELECT number, hash, parent_hash, time, base_fee FROM settlement.head
        WHERE chain_id = $1 ORDER BY number`,
      [],
    );
    return {
      next: BigInt(watcher?.next ?? 0),
      marks: fromJson<Marks>(watcher?.marks ?? '{}'),
      rails: watcher?.rails ?? [],
      heads: heads.map(blockOf),
    };
  }

  /** What is known of the facts that matter to this reading. */
  async known(facts: readonly Fact[]): Promise<Known> {
    const open = await this.query<{ fact: string }>(
      'SELECT fact::text FROM settlement.chain_fact WHERE chain_id = $1 AND NOT final',
      [],
    );
    const final = await this.query<{ fact: string }>(
      `SELECT fact::text FROM settlement.chain_fact
        WHERE chain_id = $1 AND final AND id = ANY($2)`,
      [facts.map(idOf)],
    );
    const told = await this.query<{ stream: string; last: string }>(
      `SELECT stream, max(number) AS last FROM settlement.chain_fact
        WHERE chain_id = $1 AND final GROUP BY stream`,
      [],
    );
    return {
      open: open.map(({ fact }) => fromJson<Fact>(fact)),
      final: final.map(({ fact }) => fromJson<Fact>(fact)),
      told: new Map(told.map(({ stream, last }) => [stream, BigInt(last)])),
    };
  }

  /** Remembers a turn whole, and answers what it tells with its places in the order. */
  async write({ ancestor, progress }: Read, outcome: Outcome): Promise<readonly Told[]> {
    await this.query('BEGIN', undefined);
    try {
      await this.writeProgress(progress, ancestor);
      const dropped = outcome.drop.map(idOf);
      await this.query(
        'DELETE FROM settlement.chain_fact WHERE chain_id = $1 AND id = ANY($2) AND NOT final',
        [dropped],
      );
      for (const { fact, final } of outcome.keep) {
        await this.query(
          `INSERT INTO settlement.chain_fact (chain_id, id, stream, number, final, fact)
             VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (chain_id, id) DO UPDATE SET final = EXCLUDED.final, fact = EXCLUDED.fact`,
          [idOf(fact), streamOf(fact), fact.number, final, toJson(fact)],
        );
      }
      const told = await this.tell(outcome.observations);
      await this.query('COMMIT', undefined);
      return told;
    } catch (error) {
      await this.client.query('ROLLBACK').catch(() => undefined);
      throw error;
    }
  }

  async after(seq: bigint, limit: number): Promise<readonly Told[]> {
    const rows = await this.query<{ seq: string; observation: string }>(
      `SELECT seq, observation::text FROM settlement.observation
        WHERE chain_id = $1 AND seq > $2 ORDER BY seq LIMIT $3`,
      [seq, limit],
    );
    return rows.map(({ seq, observation }) => ({
      seq: BigInt(seq),
      observation: fromJson<Observation>(observation),
    }));
  }

  async close(): Promise<void> {
    await this.client.end().catch(() => undefined);
  }

  private async writeProgress(progress: Progress, ancestor: bigint): Promise<void> {
    const { next, marks, rails, heads } = progress;
    const updated = await this.query(
      `UPDATE settlement.watcher SET next = $3, marks = $4, rails = $5
        WHERE chain_id = $1 AND epoch = $2 RETURNING epoch`,
      [this.epoch, next, toJson(marks), [...rails]],
    );
    if (updated.length === 0) throw new WatcherLost('another process watches this chain now');
    await this.query(
      'DELETE FROM settlement.head WHERE chain_id = $1 AND (number > $2 OR number < $3)',
      [ancestor, heads[0]?.number ?? next],
    );
    const fresh = heads.filter(({ number }) => number > ancestor);
    await this.query(
      `INSERT INTO settlement.head
         SELECT $1, * FROM unnest($2::bigint[], $3::text[], $4::text[], $5::bigint[], $6::numeric[])
         ON CONFLICT DO NOTHING`,
      [
        fresh.map(({ number }) => number),
        fresh.map(({ hash }) => hash),
        fresh.map(({ parentHash }) => parentHash),
        fresh.map(({ timestamp }) => timestamp),
        fresh.map(({ baseFee }) => baseFee),
      ],
    );
  }

  private async tell(observations: readonly Observation[]): Promise<readonly Told[]> {
    const [top] = await this.query<{ last: string | null }>(
      'SELECT max(seq) AS last FROM settlement.observation WHERE chain_id = $1',
      [],
    );
    const last = BigInt(top?.last ?? 0);
    const told = observations.map((observation, n) => ({ seq: last + BigInt(n + 1), observation }));
    await this.query(
      'INSERT INTO settlement.observation SELECT $1, * FROM unnest($2::bigint[], $3::jsonb[])',
      [told.map(({ seq }) => seq), told.map(({ observation }) => toJson(observation))],
    );
    return told;
  }

  /** The chain id is the first parameter of every statement that has any. */
  private async query<R extends object>(
    text: string,
    values: readonly unknown[] | undefined,
  ): Promise<readonly R[]> {
    this.assertOpen();
    const parameters = values === undefined ? [] : [this.chainId, ...values];
    try {
      return (await this.client.query<R>(text, parameters)).rows;
    } catch (error) {
      if (!(error instanceof DatabaseError)) this.lost ??= error as Error;
      this.assertOpen();
      throw error;
    }
  }

  private assertOpen(): void {
    if (this.lost) throw new WatcherLost(`the connection broke: ${this.lost.message}`);
  }
}

interface HeadRow {
  number: string;
  hash: Hash;
  parent_hash: Hash;
  time: string;
  base_fee: string;
}

const blockOf = (row: HeadRow): Block => ({
  number: BigInt(row.number),
  hash: row.hash,
  parentHash: row.parent_hash,
  timestamp: BigInt(row.time),
  baseFee: BigInt(row.base_fee),
});
