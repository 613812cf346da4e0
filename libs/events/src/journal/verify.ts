import { GENESIS, type Link, open, type Segment } from './chain.js';
import { JournalCorrupt } from './errors.js';
import type { Batch, Journal, JournalHead } from './journal.js';

export type Verification =
  | { readonly ok: true; readonly batches: number; readonly events: number; readonly hash: string }
  | { readonly ok: false; readonly batch: number; readonly reason: string };

/**
 * Re-computes every hash and link, of a journal (and compares the last hash with its head) or of segments taken from one,
 * from the first on.
 * @param onProgress called after every batch with the number of events so far
 */
export async function verifyJournal(
  source: Journal | AsyncIterable<Segment>,
  onProgress: (events: number) => void = () => undefined,
): Promise<Verification> {
  const isJournal = 'read' in source;
  let head: JournalHead | undefined;
  let [batches, events, hash] = [0, 0, GENESIS];
  let hashAtHead = hash;
  try {
    // Asked first: a journal that grows meanwhile is longer than this, never shorter.
    if (isJournal) head = await source.head();
    for await (const batch of isJournal ? source.read(0) : opened(source)) {
      batches += 1;
      events += batch.header.count;
      hash = batch.hash;
      if (batches === head?.batches) hashAtHead = hash;
      onProgress(events);
    }
  } catch (error) {
    if (!(error instanceof JournalCorrupt)) throw error;
    return { ok: false, batch: error.batch, reason: error.message };
  }
  if (head !== undefined && (batches < head.batches || hashAtHead !== head.hash)) {
    const reason = `the head named ${head.batches} batches with hash ${head.hash}, found ${batches}`;
    return { ok: false, batch: batches, reason };
  }
  return { ok: true, batches, events, hash };
}

async function* opened(segments: AsyncIterable<Segment>): AsyncGenerator<Batch> {
  let previous: Link | undefined;
  for await (const segment of segments) {
    if (previous === undefined && segment.seq !== 0) throw new JournalCorrupt(0, 'it is missing');
    yield open(segment, previous);
    previous = segment;
  }
}
