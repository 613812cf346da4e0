import { JournalCorrupt } from './errors.js';
import type { Journal } from './journal.js';
import { GENESIS } from './chain.js';

export type Verification =
  | { readonly ok: true; readonly batches: number; readonly events: number; readonly hash: string }
  | { readonly ok: false; readonly batch: number; readonly reason: string };

/** Reads the whole journal, re-computes every hash and link, and compares the last one with the head. */
export async function verifyJournal(
  journal: Journal,
  onProgress: (events: number) => void = () => undefined,
): Promise<Verification> {
  const head = await journal.head();
  let [batches, events, hash] = [0, 0, GENESIS];
  try {
    for await (const batch of journal.read(0)) {
      if (batches === head.batches) break;
      batches += 1;
      events += batch.header.count;
      hash = batch.hash;
      onProgress(events);
    }
  } catch (error) {
    if (!(error instanceof JournalCorrupt)) throw error;
    return { ok: false, batch: error.batch, reason: error.message };
  }
  if (batches !== head.batches || events !== head.size || hash !== head.hash) {
    const reason = `the head names ${head.batches} batches with hash ${head.hash}, found ${batches}`;
    return { ok: false, batch: batches, reason };
  }
  return { ok: true, batches, events, hash };
}
