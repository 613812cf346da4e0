import { Packr, Unpackr } from 'msgpackr';
import { canonicalJson } from '../canonical.js';
import type { AnyNewEvent, StoredEvent } from '../event.js';
import { InvalidEvent } from '../journal/errors.js';
import type { BatchHeader } from '../journal/journal.js';

/** Name of the codec, in every batch header: payloads of other codecs stay readable beside it. */
export const CODEC = 'msgpackr-records/1';

/**
 * One or more MessagePack arrays per batch, one element per event, objects as msgpackr records: each shape is written
 * once per array, so a batch is small and still reads by itself. Position and recording time follow from the header and are not
 * stored. An element that is a string is the event's canonical JSON: so are stored the events in which outsiders choose
 * the keys of an object, because every new set of keys would make a new record, and `__proto__` would not come back.
 * Never hashed into proofs: those are over canonical JSON.
 */
const packr = new Packr({ useRecords: true, moreTypes: false, mapsAsObjects: true });

/** Encodes the events of one batch, or of a part of one: see `joinPayloads`. Throws InvalidEvent for one that has no canonical JSON. */
export function encodeEvents(events: readonly AnyNewEvent[]): Buffer {
  const payload = packr.pack(events.map((e) => (e.type === 'InputRejected' ? textOf(e) : e)));
  if (mayHoldBrokenText(payload)) for (const event of events) refuseBrokenText(event);
  return payload;
}

/**
 * The payload of a batch whose events were encoded in parts, while the batch before it was being written. A payload is a
 * sequence of arrays, so joining them is copying them.
 */
export function joinPayloads(parts: readonly Buffer[]): Buffer {
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
}

function textOf(event: AnyNewEvent): string {
  try {
    return canonicalJson(event);
  } catch (cause) {
    throw new InvalidEvent(`${event.type} ${event.id} has no canonical JSON`, { cause });
  }
}

const REPLACEMENT = Buffer.from('\ufffd', 'utf8');
const SURROGATE_LEAD = 0xed;

/**
 * A lone surrogate has no UTF-8; msgpackr writes U+FFFD or the three bytes of the surrogate itself. Looking for those
 * is far cheaper than asking every string. The bytes of a time may look alike, so an alarm is only a reason to ask.
 */
function mayHoldBrokenText(payload: Buffer): boolean {
  if (payload.includes(REPLACEMENT)) return true;
  for (let at = payload.indexOf(SURROGATE_LEAD); at >= 0;) {
    if (isWithin(payload[at + 1], 0xa0, 0xbf) && isWithin(payload[at + 2], 0x80, 0xbf)) return true;
    at = payload.indexOf(SURROGATE_LEAD, at + 1);
  }
  return false;
}

function isWithin(byte: number | undefined, low: number, high: number): boolean {
  return byte !== undefined && byte >= low && byte <= high;
}

const LONE_SURROGATE = /\p{Surrogate}/u;

function refuseBrokenText(event: AnyNewEvent): void {
  if (holdsBrokenText(event)) {
    throw new InvalidEvent(`${event.type} ${event.id} holds text that has no UTF-8`);
  }
}

function holdsBrokenText(value: unknown): boolean {
  if (typeof value === 'string') return LONE_SURROGATE.test(value);
  if (typeof value !== 'object' || value === null) return false;
  for (const key in value) {
    if (holdsBrokenText((value as Record<string, unknown>)[key])) return true;
  }
  return false;
}

/** Decodes a payload: the events as they were recorded, in the schema of their day. */
export function decodeEvents(payload: Uint8Array, header: BatchHeader): StoredEvent[] {
  if (header.codec !== CODEC) throw new TypeError(`batch ${header.seq} has codec ${header.codec}`);
  // A fresh reader per batch: nothing a batch defined may leak into the next one.
  const reader = new Unpackr({ useRecords: true, mapsAsObjects: true });
  const parts = reader.unpackMultiple(payload) as (StoredEvent | string)[][];
  const stored = parts.length === 1 ? parts[0]! : parts.flat();
  const { firstPosition, recordedAt } = header;
  return stored.map((item, i) => {
    const event = typeof item === 'string' ? (JSON.parse(item) as StoredEvent) : item;
    return Object.assign(event, { position: firstPosition + i, recordedAt });
  });
}
