import type { Pool } from 'pg';
import type { Hex } from 'viem';
import type { BatchHeader } from '../batch/index.js';
import { headerJson, readHeader } from '../cosign/wire.js';
import type { RailEvent } from '../state/index.js';

/** A sealed batch as it is signed and sent. */
export interface SealedBatch {
  readonly seq: number;
  readonly digest: Hex;
  readonly header: BatchHeader;
  readonly payload: Uint8Array;
}

/** Another settlement service writes the same rail: one of them has to end. */
export class RailTaken extends Error {
  override readonly name = 'RailTaken';
}

const UNIQUE_VIOLATION = '23505';

/** The memory of the settlement service: what was decided of a rail, and the bytes of what was sealed. */
export class RailStore {
  constructor(private readonly pool: Pool) {}

  async events(rail: string): Promise<RailEvent[]> {
    const { rows } = await this.pool.query<{ event: RailEvent }>(
      'SELECT event FROM settlement.rail_event WHERE rail = $1 ORDER BY n',
      [rail],
    );
    return rows.map(({ event }) => event);
  }

  /** Commits the next events of a rail. @throws RailTaken where somebody else has written there */
  async append(rail: string, from: number, events: readonly RailEvent[]): Promise<void> {
    try {
      await this.pool.query(
        `INSERT INTO settlement.rail_event (rail, n, event)
           SELECT $1, $2 + ordinality - 1, value
             FROM jsonb_array_elements($3::jsonb) WITH ORDINALITY`,
        [rail, from, JSON.stringify(events)],
      );
    } catch (error) {
      if ((error as { code?: string }).code !== UNIQUE_VIOLATION) throw error;
      throw new RailTaken(`another settlement service writes ${rail}: end one of them`);
    }
  }

  /** Keeps the bytes of a sealing, before anything is decided on them. */
  async keep(rail: string, { seq, digest, header, payload }: SealedBatch): Promise<void> {
    await this.pool.query(
      `INSERT INTO settlement.batch (rail, digest, seq, header, payload)
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`,
      [rail, digest, seq, headerJson(header), Buffer.from(payload)],
    );
  }

  async batch(rail: string, digest: Hex): Promise<SealedBatch | undefined> {
    const { rows } = await this.pool.query<{ seq: string; header: unknown; payload: Buffer }>(
      'SELECT seq, header, payload FROM settlement.batch WHERE rail = $1 AND digest = $2',
      [rail, digest],
    );
    const [row] = rows;
    if (row === undefined) return undefined;
    const { seq, header, payload } = row;
    return {
      seq: Number(seq),
      digest,
      header: readHeader(header),
      payload: new Uint8Array(payload),
    };
  }
}
