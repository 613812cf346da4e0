import pg from 'pg';
import { peekCheckpoint, type SignedCheckpoint } from '../../proofs/checkpoint.js';
import { ProofRefused } from '../../proofs/errors.js';
import type { CheckpointKey } from '../../proofs/keys.js';
import { verifierKey } from '../../proofs/note.js';
import { type HashPage, leavesUpTo, type PageId } from '../../proofs/pages.js';
import type { ProofStore } from '../../proofs/store.js';
import { explain } from './faults.js';
import type { PostgresJournalOptions } from './postgres-journal.js';

const SIZE = `
SELECT page, hashes FROM journal.leaf_page WHERE shard = $1 AND tier = 0 ORDER BY page DESC LIMIT 1`;

/**
 * In one statement, so all or none. What is written again may only grow: a trigger compares. Not waited for on disk: lost
 * pages are made again from the journal.
 */
const WRITE = `
INSERT INTO journal.leaf_page AS kept (shard, tier, page, hashes)
SELECT $1, * FROM unnest($2::int[], $3::bigint[], $4::bytea[])
ON CONFLICT (shard, tier, page) DO UPDATE SET hashes = EXCLUDED.hashes
WHERE substring(kept.hashes FROM 1 FOR octet_length(EXCLUDED.hashes)) <> EXCLUDED.hashes`;

const PAGES = `
SELECT wanted.place, kept.hashes
FROM unnest($2::int[], $3::bigint[]) WITH ORDINALITY AS wanted (tier, page, place)
JOIN journal.leaf_page AS kept ON kept.shard = $1 AND kept.tier = wanted.tier AND kept.page = wanted.page`;

const ADD_KEY = `
INSERT INTO journal.checkpoint_key (shard, valid_from, key_name, public_key) VALUES ($1, $2, $3, $4)
ON CONFLICT DO NOTHING`;

const KEYS = `
SELECT valid_from, key_name, public_key FROM journal.checkpoint_key WHERE shard = $1 ORDER BY valid_from`;

const ADD_CHECKPOINT = `
INSERT INTO journal.checkpoint (shard, size, root, note) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`;

const CHECKPOINT = 'SELECT size, note FROM journal.checkpoint WHERE shard = $1 AND size = $2';

const LATEST =
  'SELECT size, note FROM journal.checkpoint WHERE shard = $1 ORDER BY size DESC LIMIT 1';

const CHECKPOINTS = `
SELECT size, note FROM journal.checkpoint WHERE shard = $1 AND size >= $2 ORDER BY size LIMIT $3`;

const CHANGE_REFUSED = '23000';

/** Leaf hashes, keys and checkpoints beside the journal, in the same database. Options as of `postgresJournal`. */
export function postgresProofs(options: PostgresJournalOptions): ProofStore {
  return new PostgresProofs(options);
}

class PostgresProofs implements ProofStore {
  private readonly pool: pg.Pool;
  private readonly ownsPool: boolean;
  private readonly shard: number;

  constructor({ url, pool, shard = 0, role = 'novate_app' }: PostgresJournalOptions) {
    if (pool === undefined && url === undefined) throw new TypeError('url or pool is needed');
    const working = role === 'none' ? {} : { options: `-c role=${role}` };
    this.pool = pool ?? new pg.Pool({ connectionString: url, max: 2, ...working });
    this.ownsPool = pool === undefined;
    if (this.ownsPool) this.pool.on('error', () => undefined);
    this.shard = shard;
  }

  private async ask<R extends pg.QueryResultRow>(
    text: string,
    values: unknown[] = [],
  ): Promise<R[]> {
    try {
      return (await this.pool.query<R>(text, [this.shard, ...values])).rows;
    } catch (error) {
      throw explain(error);
    }
  }

  async size(): Promise<number> {
    const [row] = await this.ask<{ page: string; hashes: Buffer }>(SIZE);
    return row === undefined ? 0 : leavesUpTo(Number(row.page), row.hashes);
  }

  async write(pages: readonly HashPage[]): Promise<void> {
    if (pages.length === 0) return;
    const columns = [
      pages.map(({ tier }) => tier),
      pages.map(({ index }) => index),
      pages.map(({ hashes }) => hashes),
    ];
    try {
      await this.ask(WRITE, columns);
    } catch (error) {
      if ((error as { code?: unknown }).code !== CHANGE_REFUSED) throw error;
      throw new ProofRefused(await this.differing(pages), 'would change a stored hash');
    }
  }

  private async differing(pages: readonly HashPage[]): Promise<string> {
    const kept = await this.pages(pages);
    const found = pages.find(({ hashes }, i) => {
      const common = Math.min(hashes.length, kept[i]!.length);
      return !hashes.subarray(0, common).equals(kept[i]!.subarray(0, common));
    });
    return found === undefined ? 'hash pages' : `hash page ${found.index} of tier ${found.tier}`;
  }

  async pages(wanted: readonly PageId[]): Promise<readonly Buffer[]> {
    const found: Buffer[] = wanted.map(() => Buffer.alloc(0));
    const rows = await this.ask<{ place: string; hashes: Buffer }>(PAGES, [
      wanted.map(({ tier }) => tier),
      wanted.map(({ index }) => index),
    ]);
    for (const { place, hashes } of rows) found[Number(place) - 1] = hashes;
    return found;
  }

  async addKey({ key, validFrom }: CheckpointKey): Promise<void> {
    await this.ask(ADD_KEY, [validFrom, key.name, key.publicKey]);
  }

  async keys(): Promise<readonly CheckpointKey[]> {
    const rows = await this.ask<{ valid_from: string; key_name: string; public_key: string }>(KEYS);
    return rows.map(({ valid_from, key_name, public_key }) => ({
      key: verifierKey(key_name, public_key),
      validFrom: Number(valid_from),
    }));
  }

  async addCheckpoint({ size, root, note }: SignedCheckpoint): Promise<void> {
    await this.ask(ADD_CHECKPOINT, [size, root, note]);
    const kept = await this.checkpoint(size);
    if (kept?.root !== root) {
      throw new ProofRefused(`size ${size}`, 'has a checkpoint with another root');
    }
  }

  async checkpoint(size?: number): Promise<SignedCheckpoint | undefined> {
    const rows = await (size === undefined
      ? this.ask<CheckpointRow>(LATEST)
      : this.ask<CheckpointRow>(CHECKPOINT, [size]));
    return rows.map(readRow)[0];
  }

  async checkpoints(from: number, limit: number): Promise<readonly SignedCheckpoint[]> {
    const rows = await this.ask<CheckpointRow>(CHECKPOINTS, [from, limit]);
    return rows.map(readRow);
  }

  async close(): Promise<void> {
    if (this.ownsPool) await this.pool.end();
  }
}

interface CheckpointRow {
  readonly size: string;
  readonly note: string;
}

const readRow = ({ size, note }: CheckpointRow): SignedCheckpoint =>
  peekCheckpoint(note, Number(size));
