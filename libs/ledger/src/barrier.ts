import { type HouseState, streamKey, type Venue } from './state.js';

/**
 * Venues and custodians whose closing the open window waits for: all of them. A suspended one may still send reductions
 * and marks, so not to wait for it would let arrival order decide; where it is gone, an operator ends the wait.
 */
function expectedVenues(state: HouseState): Venue[] {
  return [...state.venues.values()];
}

/**
 * Is the open window complete? Every venue has closed it and every stream it named has arrived at the sequence it
 * named (the barrier of a consistent cut), or an operator has ended the wait.
 */
export function cutDue(state: HouseState): boolean {
  if (state.waitEnded?.window === state.openWindow) return true;
  const closings = state.closings.get(state.openWindow);
  if (closings === undefined) return false;
  const expected = expectedVenues(state);
  if (expected.length === 0) return false;
  return expected.every((venue) => missingOf(state, venue.venue).length === 0);
}

/** What the open window still waits for: `venue: not closed` or `venue|topic|key: at n of m`. */
export function missingStreams(state: HouseState): string[] {
  return expectedVenues(state)
    .flatMap((venue) => missingOf(state, venue.venue))
    .sort();
}

function missingOf(state: HouseState, venue: string): string[] {
  const closing = state.closings.get(state.openWindow)?.get(venue);
  if (closing === undefined) return [`${venue}: not closed`];
  return closing.streams.flatMap((s) => {
    const key = streamKey({ venue, topic: s.topic, key: s.key });
    const last = state.streams.get(key)?.lastSequence ?? 0;
    return last < s.lastSequence ? [`${key}: at ${last} of ${s.lastSequence}`] : [];
  });
}
