import { JournalCorrupt } from '../../journal/errors.js';
import { isClaim, metaOf, type Meta } from './records.js';
import type { Stream } from './stream.js';

/**
 * The lowest revision up to `last` whose record `holds`, or the one behind the last: by halving, one small read a step.
 * Batch numbers and first positions never fall along a stream, voided batches included, so whatever asks for a least one
 * of those is false up to some revision and true from there on.
 */
export async function lowestRevision(
  stream: Stream,
  last: number,
  holds: (meta: Meta) => boolean,
): Promise<number> {
  let [low, high] = [0, last + 1];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (holds(await placeAt(stream, middle))) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Place of the record at a revision; of a claim, which has none, the place of the record before it. */
export async function placeAt(stream: Stream, revision: number): Promise<Meta> {
  for (let at = revision; at >= 0; at -= 1) {
    const record = await stream.at(at);
    if (record && isClaim(record)) continue;
    const meta = record && metaOf(record);
    if (meta) return meta;
    throw new JournalCorrupt(0, `the record at revision ${at} is missing or none of the journal`);
  }
  throw new JournalCorrupt(0, 'the stream begins with a claim');
}

/** Refuses a record that is none of the journal, naming the batch that would have come there. */
export async function refuseStranger(stream: Stream, revision: number): Promise<never> {
  let batch = 0;
  for (let at = revision - 1; at >= 0; at -= 1) {
    const record = await stream.at(at);
    const meta = record && !isClaim(record) ? metaOf(record) : undefined;
    if (meta === undefined) continue;
    batch = meta.end === undefined ? meta.batch : meta.batch + 1;
    break;
  }
  throw new JournalCorrupt(batch, `the record at revision ${revision} is none of the journal`);
}
