import type { Journal } from '#events';

/**
 * A point in the house's history. `position`: after that many events. `cycle`: right after that cycle was completed. `time`:
 * right after the last cycle that ended at or before it. A cut by time or cycle does not depend on the order of arrival, so two
 * houses that received the same messages in any interleaving answer the same.
 */
export type Cut =
  { readonly position: number } | { readonly cycle: number } | { readonly time: number };

export class CutNotFound extends Error {}

/** The number of events before the cut. Reads the journal where it has to look for a cycle. */
export async function resolveCut(journal: Journal, cut: Cut): Promise<number> {
  if ('position' in cut) {
    const { size } = await journal.head();
    if (cut.position <= size) return cut.position;
    throw new CutNotFound(`The journal has ${size} events; position ${cut.position} is not there.`);
  }
  let found: number | undefined;
  for await (const batch of journal.read(0)) {
    for (const event of batch.events) {
      if (event.type !== 'CycleCompleted') continue;
      const { cycle, endsAt } = event.data;
      if ('cycle' in cut) {
        if (cycle === cut.cycle) return event.position + 1;
      } else if (endsAt <= cut.time) found = event.position + 1;
    }
  }
  if (found !== undefined) return found;
  throw new CutNotFound(
    'cycle' in cut
      ? `Cycle ${cut.cycle} has not been completed.`
      : 'No cycle had ended by that time.',
  );
}
