import type { Client } from 'pg';
import type { ReadSchema } from './schemas.js';
import type { RowBuffer } from './tables.js';
import { writeRows } from './write.js';

/** How far a read model is: the number of events in it and the hash of the batch that ends there. */
export interface Checkpoint {
  readonly position: number;
  readonly hash: string;
}

/** Where a projector writes. */
export interface ReadStore {
  /**
   * All rows and the new checkpoint, or nothing. Throws ReadModelTaken where the checkpoint is not at `from` any more.
   */
  commit(
    from: number,
    to: Checkpoint & { readonly batches: number },
    rows: RowBuffer,
  ): Promise<void>;
  end(): Promise<void>;
}

export class ReadModelTaken extends Error {
  constructor(position: number) {
    super(`Another projector moved the read model on from position ${position}: start again.`);
  }
}

/** The read model in Postgres; `client` is the projector's own, for one schema. */
export function postgresReadStore(client: Client, schema: ReadSchema = 'read'): ReadStore {
  return {
    async commit(from, { position, batches, hash }, rows) {
      await client.query('BEGIN');
      const moved = await client.query({
        name: 'move checkpoint',
        text: `UPDATE ${schema}.projection_checkpoint SET position = $1, batches = $2, hash = $3
                WHERE name = 'read' AND position = $4`,
        values: [position, batches, hash, from],
      });
      if (moved.rowCount !== 1) throw new ReadModelTaken(from);
      await writeRows(client, rows, schema);
      await client.query('COMMIT');
    },
    end: () => client.end(),
  };
}
