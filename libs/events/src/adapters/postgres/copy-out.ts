import type pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';

/** `PGCOPY\n\xff\r\n\0`, then flags and the length of an extension, four bytes each. */
const SIGNATURE = Buffer.from('5047434f50590aff0d0a00', 'hex');
const HEADER_BYTES = SIGNATURE.length + 8;

/**
 * Rows of a query as bytes, by COPY in its binary format. The driver's own results are text: bytes would come as hex,
 * twice as many, and be made into bytes again here.
 * @param query without parameters; every column has a value
 */
export async function copyOut(pool: pg.Pool, query: string): Promise<Buffer[][]> {
  const client = await pool.connect();
  // A connection that breaks says so on the stream, and once more here.
  const ignore = (): void => undefined;
  client.on('error', ignore);
  let failure: Error | undefined;
  try {
    const chunks: Buffer[] = [];
    const stream = client.query(copyTo(`COPY (${query}) TO STDOUT (FORMAT binary)`));
    for await (const chunk of stream) chunks.push(chunk as Buffer);
    return rowsOf(Buffer.concat(chunks));
  } catch (error) {
    failure = error instanceof Error ? error : new Error(String(error));
    throw failure;
  } finally {
    if (failure === undefined) client.off('error', ignore);
    client.release(failure);
  }
}

/** Takes a binary COPY apart; the values are views of it. */
function rowsOf(copy: Buffer): Buffer[][] {
  if (!copy.subarray(0, SIGNATURE.length).equals(SIGNATURE)) {
    throw new TypeError('the server sent no binary COPY');
  }
  const rows: Buffer[][] = [];
  let at = HEADER_BYTES + copy.readInt32BE(HEADER_BYTES - 4);
  for (let fields = copy.readInt16BE(at); fields >= 0; fields = copy.readInt16BE(at)) {
    at += 2;
    const row: Buffer[] = [];
    for (let i = 0; i < fields; i += 1) {
      const length = copy.readInt32BE(at);
      if (length < 0) throw new TypeError('a column has no value');
      row.push(copy.subarray(at + 4, at + 4 + length));
      at += 4 + length;
    }
    rows.push(row);
  }
  return rows;
}
