import { createHash } from 'node:crypto';
import { canonicalJson } from '../canonical.js';
import { CODEC, decodeEvents, encodeEvents } from '../codec/codec.js';
import type { StoredEvent } from '../event.js';
import { upcast } from '../upcast.js';
import type { AppendRequest, Batch, BatchHeader, JournalHead } from './journal.js';
import { JournalCorrupt } from './errors.js';

/** Hash before the first batch. */
export const GENESIS = '0'.repeat(64);
const DOMAIN = 'novate/batch/1';

/** A batch as it is stored: what is hashed, byte for byte. */
export interface Segment {
  readonly seq: number;
  readonly firstPosition: number;
  readonly count: number;
  /** RFC 8785 JSON of the BatchHeader. */
  readonly header: string;
  readonly prevHash: string;
  readonly hash: string;
  readonly payload: Uint8Array;
}

/** The batch before, as far as the next one's link to it goes. */
export type Link = Pick<Segment, 'seq' | 'firstPosition' | 'count' | 'hash'>;

function prefixed(bytes: Uint8Array): Buffer {
  return Buffer.concat([lengthOf(bytes), bytes]);
}

function lengthOf(bytes: Uint8Array): Buffer {
  const length = Buffer.alloc(8);
  length.writeBigUInt64BE(BigInt(bytes.byteLength));
  return length;
}

/**
 * SHA-256 over four parts, each preceded by its length as 8 bytes big-endian: the ASCII text `novate/batch/1`, the 32
 * bytes of the previous hash (all zero for the first batch), the header's canonical JSON in UTF-8, the payload. Hex.
 */
export function chainHash(prevHash: string, header: string, payload: Uint8Array): string {
  const hash = createHash('sha256');
  hash.update(prefixed(Buffer.from(DOMAIN, 'ascii')));
  hash.update(prefixed(Buffer.from(prevHash, 'hex')));
  hash.update(prefixed(Buffer.from(header, 'utf8')));
  return hash.update(lengthOf(payload)).update(payload).digest('hex');
}

/** Encodes and hashes a batch on top of the head the writer believes in. */
export function seal(request: AppendRequest): Segment {
  const { expected, events, recordedAt, offsets = [] } = request;
  if (events.length === 0) throw new RangeError('a batch holds at least one event');
  const partitions = new Set(offsets.map(({ topic, partition }) => `${partition} ${topic}`));
  if (partitions.size < offsets.length) throw new RangeError('a partition has two offsets');
  const header: BatchHeader = {
    shard: expected.shard,
    seq: expected.batches,
    firstPosition: expected.size,
    count: events.length,
    epoch: expected.epoch,
    codec: CODEC,
    recordedAt,
    offsets,
  };
  const text = canonicalJson(header);
  const payload = request.payload ?? encodeEvents(events);
  return {
    seq: header.seq,
    firstPosition: header.firstPosition,
    count: header.count,
    header: text,
    prevHash: expected.hash,
    hash: chainHash(expected.hash, text, payload),
    payload,
  };
}

/** The head after a segment. */
export function headAfter(expected: JournalHead, segment: Segment): JournalHead {
  return {
    ...expected,
    batches: segment.seq + 1,
    size: segment.firstPosition + segment.count,
    hash: segment.hash,
  };
}

/**
 * Checks a segment's own hash, its header and its link to the one before it; throws JournalCorrupt. `previous` is
 * undefined for the first one read, whose link the caller checks by starting one segment earlier.
 */
export function check(segment: Segment, previous: Link | undefined): BatchHeader {
  const { seq, firstPosition, count, header: text, prevHash, hash, payload } = segment;
  const fail = (what: string): never => {
    throw new JournalCorrupt(seq, what, segment);
  };
  if (chainHash(prevHash, text, payload) !== hash) fail('its bytes do not have its hash');
  const header = JSON.parse(text) as BatchHeader;
  if (header.seq !== seq || header.firstPosition !== firstPosition || header.count !== count) {
    fail('its header names another place');
  }
  if (seq === 0 && (prevHash !== GENESIS || firstPosition !== 0)) fail('it is not a beginning');
  if (previous === undefined) return header;
  if (seq !== previous.seq + 1) {
    throw new JournalCorrupt(previous.seq + 1, 'it is missing');
  }
  if (prevHash !== previous.hash) fail('it does not continue the batch before it');
  if (firstPosition !== previous.firstPosition + previous.count) {
    fail('positions are not contiguous');
  }
  return header;
}

/** Checks a segment against the one before it and decodes it. */
export function open(segment: Segment, previous: Link | undefined): Batch {
  const header = check(segment, previous);
  const { seq, prevHash, hash, count } = segment;
  let stored: StoredEvent[];
  try {
    stored = decodeEvents(segment.payload, header);
  } catch (cause) {
    throw new JournalCorrupt(seq, `its payload cannot be decoded (${String(cause)})`, segment);
  }
  if (stored.length !== count) {
    throw new JournalCorrupt(seq, `it holds ${stored.length} events, its header says ${count}`);
  }
  const events = stored.map((event) => upcast(event));
  const asRecorded = events.every((event, i) => event === stored[i]);
  const batch = { header, prevHash, hash, events };
  return asRecorded ? batch : { ...batch, recorded: stored };
}
