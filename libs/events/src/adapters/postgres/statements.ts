/**
 * Everything an append does, in one statement and so in one transaction and one round trip; see the migration. No row
 * where the head is not the expected one.
 */
export const APPEND =
  'SELECT moved FROM journal.append($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) AS moved WHERE moved';

export const HEAD = 'SELECT epoch, batches, size, hash FROM journal.head WHERE shard = $1';

export const ACQUIRE = `
INSERT INTO journal.head (shard, epoch, batches, size, hash, writer) VALUES ($1, 1, 0, 0, $2, $3)
ON CONFLICT (shard) DO UPDATE SET epoch = journal.head.epoch + 1, writer = EXCLUDED.writer
RETURNING epoch, batches, size, hash`;

/**
 * Raises the epoch if the head is still where the lost append wanted to start from. Waits for that append's row lock
 * should the server still be at it, and fences it off should it only arrive later.
 */
export const FENCE = `
UPDATE journal.head SET epoch = epoch + 1
WHERE shard = $1 AND epoch = $2 AND batches = $3 AND hash = $4 RETURNING epoch`;

export const LOCATE = `
SELECT seq FROM journal.segment WHERE shard = $1 AND first_position <= $2
ORDER BY first_position DESC LIMIT 1`;

/**
 * Up to `limit` segments from number `seq` on. Below the head only: a row the head does not count was not written by
 * `append`. For COPY, which takes no parameters.
 */
export function page(shard: number, seq: number, limit: number): string {
  for (const each of [shard, seq, limit]) {
    if (!Number.isSafeInteger(each)) throw new TypeError(`${each} is no number of a segment`);
  }
  return `
SELECT seq, first_position, count, header, prev_hash, hash, payload
FROM journal.segment WHERE shard = ${shard} AND seq >= ${seq}
AND seq < (SELECT batches FROM journal.head WHERE shard = ${shard}) ORDER BY seq LIMIT ${limit}`;
}

export const OFFSETS = `
SELECT topic, partition, next_offset::text AS next, ahead FROM journal.intake_offset
WHERE shard = $1 ORDER BY topic, partition`;
