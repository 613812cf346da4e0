import { JournalCorrupt } from '../../journal/errors.js';
import { metaOf, type Meta } from './records.js';
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
    const record = await stream.at(middle);
    const meta = record && metaOf(record);
    if (meta === undefined) {
      throw new JournalCorrupt(
        0,
        `the record at revision ${middle} is missing or none of the journal`,
      );
    }
    if (holds(meta)) high = middle;
    else low = middle + 1;
  }
  return low;
}
