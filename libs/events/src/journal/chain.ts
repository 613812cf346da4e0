import { createHash } from 'node:crypto';
import { canonicalJson } from '../canonical.js';
import { CODEC, decodeEvents, encodeEvents } from '../codec/codec.js';
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

function prefixed(bytes: Uint8Array): Buffer {
  const length = Buffer.alloc(8);
  length.writeBigUInt64BE(BigInt(bytes.byteLength));
  return Buffer.concat([length, bytes]);
}

/**
 * SHA-256 over four parts, each preceded by its length as 8 bytes big-endian: the ASCII text `novate/batch/1`, the 32
 * bytes of the previous hash, the header's canonical JSON in UTF-8, the payload. Hex.
 */
export function chainHash(prevHash: string, header: string, payload: Uint8Array): string {
  const hash = createHash('sha256');
  hash.update(prefixed(Buffer.from(DOMAIN, 'ascii')));
  hash.update(prefixed(Buffer.from(prevHash, 'hex')));
  hash.update(prefixed(Buffer.from(header, 'utf8')));
  const length = Buffer.alloc(8);
  length.writeBigUInt64BE(BigInt(payload.byteLength));
  return hash.update(length).update(payload).digest('hex');
}

/** Encodes and hashes a batch on top of the head the writer believes in. */
export function seal({ expected, events, recordedAt, offsets }: AppendRequest): Segment {
  const header: BatchHeader = {
    shard: expected.shard,
    seq: expected.batches,
    firstPosition: expected.size,
    count: events.length,
    epoch: expected.epoch,
    codec: CODEC,
    recordedAt,
    offsets: offsets ?? [],
  };
  const text = canonicalJson(header);
  const payload = encodeEvents(events);
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
 * Checks a segment against the one before it and decodes it. `previous` is undefined for the first one read, whose link
 * the caller checks by starting one segment earlier.
 */
export function open(segment: Segment, previous: Segment | undefined): Batch {
  const { seq, firstPosition, count, header: text, prevHash, hash, payload } = segment;
  const fail = (what: string): never => {
    throw new JournalCorrupt(seq, what);
  };
  if (chainHash(prevHash, text, payload) !== hash) fail('its bytes do not have its hash');
  const header = JSON.parse(text) as BatchHeader;
  if (header.seq !== seq || header.firstPosition !== firstPosition || header.count !== count) {
    fail('its header names another place');
  }
  if (previous === undefined) {
    if (seq === 0 && (prevHash !== GENESIS || firstPosition !== 0)) fail('it is not a beginning');
  } else {
    if (seq !== previous.seq + 1) fail(`batch ${previous.seq + 1} is missing`);
    if (prevHash !== previous.hash) fail('it does not continue the batch before it');
    if (firstPosition !== previous.firstPosition + previous.count)
      fail('positions are not contiguous');
  }
  const events = decodeEvents(payload, header);
  if (events.length !== count) fail(`it holds ${events.length} events, its header says ${count}`);
  return { header, prevHash, hash, events };
}
