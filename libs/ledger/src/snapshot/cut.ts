import type { Journal, SnapshotHeader } from '#events';

/**
 * A point in the house's history. `position`: after that many events. `cycle`: right after that cycle was completed. `time`:
 * right after the last cycle that ended at or before it. A cut by time or cycle does not depend on the order of arrival, so two
 * houses that received the same messages in any interleaving answer the same.
 */
export type Cut =
  { readonly position: number } | { readonly cycle: number } | { readonly time: number };

export class CutNotFound extends Error {}

type LastCycle = NonNullable<SnapshotHeader['lastCycle']>;

/** Is a completed cycle the one a cut asks for, or one before it? */
export function isBefore(cut: Cut, { cycle, endsAt }: LastCycle): boolean {
  return 'cycle' in cut ? cycle <= cut.cycle : 'time' in cut && endsAt <= cut.time;
}

/**
 * The number of events before the cut. Reads the journal where it has to look for a cycle.
 * @param known a completed cycle at or before the cut: the journal is read from there, not from its beginning
 */
export async function resolveCut(journal: Journal, cut: Cut, known?: LastCycle): Promise<number> {
  if ('position' in cut) {
    const { size } = await journal.head();
    if (cut.position <= size) return cut.position;
    throw new CutNotFound(`The journal has ${size} events; position ${cut.position} is not there.`);
  }
  if (known !== undefined && 'cycle' in cut && known.cycle === cut.cycle) return known.position;
  let found = 'time' in cut ? known?.position : undefined;
  for await (const batch of journal.read(known?.position ?? 0)) {
    for (const event of batch.events) {
      if (event.type !== 'CycleCompleted') continue;
      const { cycle, endsAt } = event.data;
      if ('cycle' in cut) {
        if (cycle === cut.cycle) return event.position + 1;
      } else if (endsAt <= cut.time) found = Math.max(found ?? 0, event.position + 1);
    }
  }
  if (found !== undefined) return found;
  throw new CutNotFound(
    'cycle' in cut
      ? `Cycle ${cut.cycle} has not been completed.`
      : 'No cycle had ended by that time.',
  );
}
