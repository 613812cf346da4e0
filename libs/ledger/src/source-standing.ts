import type { Micros, StreamTopic } from '#events';
import { byCode, type HouseState } from './state.js';

/** What the house has of one stream of a source. */
export interface StreamStanding {
  readonly topic: StreamTopic;
  readonly key: string;
  /** The next message is the one after it. */
  readonly lastSequence: number;
  /** The first missing sequence, while the stream waits for it. */
  readonly gapAt?: number;
  /** Messages of the source's window so far, and their control total in smallest units, decimal. */
  readonly count: number;
  readonly total: string;
}

/** What the house has of one source: a venue or custodian goes on from here after a crash, without reading the log. */
export interface SourceStanding {
  readonly source: string;
  /** The first window it has not closed. */
  readonly window: number;
  /** The window the house has open: nothing of a later one is taken yet. */
  readonly openWindow: number;
  /** Ends of that window as trading venues named them that have closed it, in order of venue. */
  readonly ends: readonly Micros[];
  /** In order of topic and key. */
  readonly streams: readonly StreamStanding[];
}

/** Undefined where there is no such source. */
export function sourceStanding(state: HouseState, source: string): SourceStanding | undefined {
  if (!state.venues.has(source)) return undefined;
  const { openWindow } = state;
  let window = openWindow;
  while (state.closings.get(window)?.has(source) === true) window += 1;
  const ends = [...(state.closings.get(window) ?? [])]
    .filter(([venue]) => state.venues.get(venue)?.kind === 'trading')
    .sort(([a], [b]) => byCode(a, b))
    .map(([, { endsAt }]) => endsAt);
  const own = [...state.streams].filter(([, { id }]) => id.venue === source);
  const streams = own
    .sort(([a], [b]) => byCode(a, b))
    .map(([, { id, lastSequence, gapAt, windows }]): StreamStanding => {
      const { count, total } = windows.get(window) ?? { count: 0, total: 0n };
      return {
        ...{ topic: id.topic, key: id.key, lastSequence },
        ...(gapAt !== undefined && { gapAt }),
        ...{ count, total: `${total}` },
      };
    });
  return { source, window, openWindow, ends, streams };
}
