import type { StreamId, StreamPosition } from '#events';
import { type Rejection, reject } from './codes.js';
import { type HouseState, streamKey } from './state.js';

/** Where an input stands: its turn, waiting for the cut or for a gap, or a sequence that was consumed before. */
export type Readiness = 'ready' | 'wait-window' | 'wait-gap' | 'old';

/** The sequence number a stream expects next. */
export function expectedSequence(state: HouseState, stream: StreamId): number {
  return (state.streams.get(streamKey(stream))?.lastSequence ?? 0) + 1;
}

/** A stream that cannot exist never waits: its input is ready to be refused. */
export function readiness(state: HouseState, at: StreamPosition): Readiness {
  const stream = state.streams.get(streamKey(at.stream));
  if (stream === undefined && validStream(state, at.stream) !== undefined) return 'ready';
  const expected = (stream?.lastSequence ?? 0) + 1;
  if (at.sequence < expected) return 'old';
  // A later window's message waits for the cut first: what is missing before it may be waiting for the same cut.
  if (at.window > state.openWindow) return 'wait-window';
  return at.sequence > expected ? 'wait-gap' : 'ready';
}

/** Why a stream cannot exist: unknown venue, a topic its venue may not send, or a key that is not its subject. */
export function validStream(state: HouseState, stream: StreamId): Rejection | undefined {
  const { venue: id, topic, key } = stream;
  const venue = state.venues.get(id);
  if (venue === undefined) return reject('UNKNOWN_VENUE', 'source', `venue "${id}" is not known`);
  if (topic === 'windows') {
    return key === id
      ? undefined
      : reject('KEY_MISMATCH', 'subject', `windows of ${id} have the key ${id}`);
  }
  if (topic === 'deposits') return validDeposits(state, venue.kind, key);
  const instrument = state.instruments.get(key);
  if (instrument === undefined) {
    return reject('UNKNOWN_INSTRUMENT', 'subject', `instrument "${key}" is not known`);
  }
  return instrument.spec.venues.includes(id)
    ? undefined
    : reject('NOT_LISTED_AT_VENUE', 'subject', `${key} is not listed at ${id}`);
}

function validDeposits(state: HouseState, kind: string, key: string): Rejection | undefined {
  if (kind !== 'custodian') {
    return reject('NOT_A_CUSTODIAN', 'source', 'deposits come from a custodian');
  }
  return state.assets.has(key)
    ? undefined
    : reject('UNKNOWN_ASSET', 'subject', `asset "${key}" is not known`);
}
