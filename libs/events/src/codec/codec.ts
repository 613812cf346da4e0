import { Packr, Unpackr } from 'msgpackr';
import type { AnyNewEvent, AnyRecordedEvent } from '../event.js';
import type { BatchHeader } from '../journal/journal.js';
import { upcast } from '../upcast.js';

/** Name of the codec, in every batch header: payloads of other codecs stay readable beside it. */
export const CODEC = 'msgpackr-records/1';

/**
 * One MessagePack array of events per batch, objects as records: each shape is written once per batch, so a batch
 * is small and still reads by itself. Position and recording time follow from the header and are not stored.
 * Never hashed into proofs: those are over canonical JSON.
 */
const packr = new Packr({ useRecords: true, moreTypes: false, mapsAsObjects: true });

/** Encodes the events of one batch. */
export function encodeEvents(events: readonly AnyNewEvent[]): Buffer {
  return packr.pack(events);
}

/** Decodes a payload; events of old schemas are brought to the current one. */
export function decodeEvents(payload: Uint8Array, header: BatchHeader): AnyRecordedEvent[] {
  if (header.codec !== CODEC) throw new TypeError(`batch ${header.seq} has codec ${header.codec}`);
  // A fresh reader per batch: nothing a batch defined may leak into the next one.
  const events = new Unpackr({ useRecords: true, mapsAsObjects: true }).unpack(
    payload,
  ) as AnyRecordedEvent[];
  const { firstPosition, recordedAt } = header;
  return events.map((event, i) =>
    upcast({ ...event, position: firstPosition + i, recordedAt } as AnyRecordedEvent),
  );
}
