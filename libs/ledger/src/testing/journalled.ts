import {
  type AnyNewEvent,
  type Journal,
  memoryJournal,
  memorySnapshots,
  signingKey,
  type SnapshotStore,
} from '#events';
import type { TakeOptions } from '../snapshot/take.js';

/** Facts in a journal, in batches of up to `batch`. */
export async function append(
  journal: Journal,
  events: readonly AnyNewEvent[],
  batch = 7,
): Promise<void> {
  let head = await journal.acquire('test');
  for (let i = 0; i < events.length; i += batch) {
    const part = events.slice(i, i + batch);
    head = await journal.append({ expected: head, events: part, recordedAt: i });
  }
}

export const snapshotKey = signingKey('novate.test', '11'.repeat(32));
export const strangerKey = signingKey('novate.test', '22'.repeat(32));

export interface Kept extends TakeOptions {
  readonly lines: string[];
  readonly snapshots: SnapshotStore;
}

/** A journal with snapshots beside it, both in memory; what is logged is in `lines`. */
export function kept(journal: Journal = memoryJournal(), keep = 3): Kept {
  const lines: string[] = [];
  return {
    journal,
    snapshots: memorySnapshots(),
    key: snapshotKey,
    keys: [snapshotKey.verifier],
    keep,
    lines,
    log: (line) => void lines.push(line),
  };
}
