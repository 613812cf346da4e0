import type { StreamPosition } from '#events';
import { LedgerBroken } from './broken.js';
import { type HouseState, rememberedKey, type Stream, streamKey } from './state.js';

/** The stream of an input, opened at sequence 0 on its first message. */
export function ensureStream(state: HouseState, at: StreamPosition): Stream {
  const key = streamKey(at.stream);
  let stream = state.streams.get(key);
  if (stream === undefined) {
    stream = { id: at.stream, lastSequence: 0, windows: new Map() };
    state.streams.set(key, stream);
  }
  return stream;
}

/** Consumes a sequence number and adds the input to the totals its venue will be reconciled against. */
export function consume(state: HouseState, at: StreamPosition, total: bigint): void {
  const stream = ensureStream(state, at);
  if (at.sequence !== stream.lastSequence + 1) {
    throw new LedgerBroken(`${streamKey(at.stream)}: ${at.sequence} after ${stream.lastSequence}`);
  }
  stream.lastSequence = at.sequence;
  if (stream.gapAt !== undefined && stream.lastSequence >= stream.gapAt) delete stream.gapAt;
  // A message for a window that was cut already can no longer be reconciled there: it is applied, not counted.
  if (at.window < state.openWindow) return;
  const totals = stream.windows.get(at.window) ?? { count: 0, total: 0n };
  totals.count += 1;
  totals.total += total;
  stream.windows.set(at.window, totals);
}

/** Keeps an accepted id and its digest, so that it is known again within its horizon. */
export function remember(state: HouseState, at: StreamPosition, id: string, digest: string): void {
  const key = rememberedKey(streamKey(at.stream), id);
  const before = state.remembered.get(key);
  if (before !== undefined) state.rememberedIn.get(before.window)?.delete(key);
  state.remembered.set(key, { digest, window: state.openWindow, busted: false });
  const keys = state.rememberedIn.get(state.openWindow) ?? new Set();
  keys.add(key);
  state.rememberedIn.set(state.openWindow, keys);
}
