import { SnapshotRefused } from '#events';
import { type Cut, isBefore, resolveCut } from './cut.js';
import {
  foldTail,
  type FoldOptions,
  type Folded,
  judgeHeader,
  nearestSnapshot,
  type SnapshotSource,
} from './load.js';

/** The state at any point of the journal: from the nearest snapshot that holds, and the events after it. */
export async function stateAt(
  source: SnapshotSource,
  cut: Cut,
  onBatch?: FoldOptions['onBatch'],
): Promise<Folded> {
  const to = await resolveFast(source, cut);
  const start = await nearestSnapshot(source, to);
  return foldTail(source.journal, start, { to, ...(onBatch && { onBatch }) });
}

/** `resolveCut`, with the last cycle of the newest snapshot before the cut as a place to begin. Headers only are read. */
async function resolveFast(source: SnapshotSource, cut: Cut): Promise<number> {
  if ('position' in cut) return resolveCut(source.journal, cut);
  for (const stored of await source.snapshots.list()) {
    try {
      const { lastCycle } = await judgeHeader(source, stored);
      if (lastCycle && isBefore(cut, lastCycle))
        return await resolveCut(source.journal, cut, lastCycle);
    } catch (error) {
      if (!(error instanceof SnapshotRefused)) throw error;
      source.log(`snapshot at ${stored.size} refused: ${error.message}; trying an older one`);
    }
  }
  return resolveCut(source.journal, cut);
}
