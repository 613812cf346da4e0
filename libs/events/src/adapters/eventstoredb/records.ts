import { isDeepStrictEqual } from 'node:util';
import { canonicalJson } from '../../canonical.js';
import { decodeEvents } from '../../codec/codec.js';
import type { AnyNewEvent, StoredEvent } from '../../event.js';
import type { Segment } from '../../journal/chain.js';
import { JournalCorrupt } from '../../journal/errors.js';
import type { BatchHeader, JournalHead, PartitionOffset } from '../../journal/journal.js';
import type { Micros } from '../../units.js';

/**
 * How a batch lies in a stream of EventStoreDB, format 1.
 *
 * One record per event of the batch, in order. Its type and id are the event's own; its data is the recorded event as
 * JSON (with position and recording time), for people, projections and other consumers. Its metadata says which batch it
 * belongs to and carries its piece of the payload: the pieces of a batch, joined, are the very bytes that were hashed.
 * The last record of a batch carries the header, the hashes and the offsets of all partitions after it: until it is
 * there, the batch is not. A batch whose payload would make its records too large has `novate.payload` records before
 * its events, which carry pieces only; an event too large for a record has `{ "omitted": bytes }` for data.
 *
 * A writer that takes over appends a `novate.writer` record. It moves the stream's revision, which fences off every
 * earlier writer, and voids a batch that an earlier writer left without its last record. One that cannot get between the
 * appends of a writer that never rests appends a `novate.claim` first: it says nothing, but it too moves the revision,
 * and it is the one record that expects none.
 */
export interface Meta {
  /** Format of the record. */
  readonly novate: 1;
  /** Number of the batch the record belongs to; of a writer's record, the number of the batch that comes next. */
  readonly batch: number;
  /** Position of that batch's first event. */
  readonly first: number;
  /** Place of the record in its batch, from 0. */
  readonly index?: number;
  /** Base64. */
  readonly payload?: string;
  /** In the last record of a batch. */
  readonly end?: BatchEnd;
  /** In a writer's record. */
  readonly writer?: WriterMark;
  /** What EventStoreDB's own projections group by. */
  readonly $correlationId?: string;
  readonly $causationId?: string;
}

interface BatchEnd {
  readonly header: string;
  readonly prevHash: string;
  readonly hash: string;
  readonly offsets: readonly PartitionOffset[];
}

interface WriterMark {
  readonly epoch: number;
  readonly name: string;
  /** Hash of the batch before. */
  readonly hash: string;
  readonly offsets: readonly PartitionOffset[];
}

/** A record as it is appended. */
export interface NewRecord {
  readonly id: string;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly metadata: Meta;
  /** As the server counts it towards its limit of an append. */
  readonly bytes: number;
}

/** A record as it is read. */
export interface ReadRecord {
  readonly revision: number;
  readonly id: string;
  readonly type: string;
  readonly data: unknown;
  readonly metadata: unknown;
}

export const WRITER_TYPE = 'novate.writer';
export const CLAIM_TYPE = 'novate.claim';
export const PAYLOAD_TYPE = 'novate.payload';

/** Most bytes of the payload in one record: 256 KiB as base64. */
const MAX_PIECE = 192 * 1024;
/** Most bytes of an event as data. With its piece and the header it stays below MAX_APPEND. */
const MAX_DATA = 600_000;
/** Most bytes of one append. The server's own limit is 1,048,576 by default. */
export const MAX_APPEND = 1_000_000;

/** The end of a stream, as its last whole batch or writer's record tells it. */
export interface Tail {
  readonly head: JournalHead;
  readonly offsets: readonly PartitionOffset[];
  /** Of the stream's last record, whole batch or not; -1 where there is none. */
  readonly revision: number;
}

/** Offsets after a batch: those before it, with the batch's own in their place. */
export function offsetsAfter(
  before: readonly PartitionOffset[],
  moved: readonly PartitionOffset[],
): readonly PartitionOffset[] {
  if (moved.length === 0) return before;
  const all = new Map(before.map((each) => [`${each.topic}|${each.partition}`, each]));
  for (const each of moved) all.set(`${each.topic}|${each.partition}`, each);
  return [...all.values()].sort(
    (a, b) => (a.topic < b.topic ? -1 : a.topic > b.topic ? 1 : 0) || a.partition - b.partition,
  );
}

/** The records of a batch. */
export function recordsOf(
  segment: Segment,
  events: readonly AnyNewEvent[],
  recordedAt: Micros,
  offsets: readonly PartitionOffset[],
): NewRecord[] {
  const { seq, firstPosition, header, prevHash, hash, payload } = segment;
  const pieces = piecesOf(payload, events.length);
  const extra = pieces.length - events.length;
  return pieces.map((piece, index) => {
    const event = index < extra ? undefined : events[index - extra];
    const metadata: Meta = {
      novate: 1,
      batch: seq,
      first: firstPosition,
      index,
      payload: piece.toString('base64'),
      ...(index === pieces.length - 1 && { end: { header, prevHash, hash, offsets } }),
      ...(event?.correlation !== undefined && { $correlationId: event.correlation }),
      ...(event?.causation !== undefined && { $causationId: event.causation }),
    };
    if (event === undefined) return record(partId(hash, index), PAYLOAD_TYPE, {}, metadata);
    const position = firstPosition + index - extra;
    return record(event.id, event.type, { ...event, position, recordedAt }, metadata);
  });
}

/** The record of a writer that takes over at the end of a stream. */
export function writerRecord(id: string, name: string, tail: Tail, epoch: number): NewRecord {
  const { head, offsets } = tail;
  const writer = { epoch, name, hash: head.hash, offsets };
  const metadata: Meta = { novate: 1, batch: head.batches, first: head.size, writer };
  return record(id, WRITER_TYPE, { shard: head.shard, epoch, writer: name }, metadata);
}

/** Stops the writer at work, whatever the stream's revision is. Has no place among the batches, for it knows none. */
export function claimRecord(id: string, name: string): NewRecord {
  return record(id, CLAIM_TYPE, { writer: name }, { novate: 1, batch: 0, first: 0 });
}

export function isClaim({ type, metadata }: ReadRecord): boolean {
  return type === CLAIM_TYPE && isDeepStrictEqual(metadata, { novate: 1, batch: 0, first: 0 });
}

/** A part has no event to take its id from; the same part of the same batch always has the same one. */
function partId(hash: string, index: number): string {
  const at = index.toString(16).padStart(4, '0');
  return `${hash.slice(0, 8)}-${hash.slice(8, 12)}-8${hash.slice(13, 16)}-a${hash.slice(17, 20)}-${hash.slice(20, 28)}${at}`;
}

function record(
  id: string,
  type: string,
  data: Readonly<Record<string, unknown>>,
  metadata: Meta,
): NewRecord {
  const length = byteLength(data);
  const around = byteLength(metadata) + 2 * type.length;
  if (length <= MAX_DATA) return { id, type, data, metadata, bytes: length + around };
  const omitted = { omitted: length };
  return { id, type, data: omitted, metadata, bytes: byteLength(omitted) + around };
}

function byteLength(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value), 'utf8');
}

/** One piece per event; more where they would be too large. */
function piecesOf(payload: Uint8Array, events: number): Buffer[] {
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
  const count = Math.max(events, Math.ceil(bytes.length / MAX_PIECE));
  const cut = (i: number): number => Math.floor((bytes.length * i) / count);
  return Array.from({ length: count }, (_, i) => bytes.subarray(cut(i), cut(i + 1)));
}

/** Cuts records into appends, each below the server's limit. */
export function appendsOf(records: readonly NewRecord[]): NewRecord[][] {
  const appends: NewRecord[][] = [];
  let bytes = Infinity;
  for (const each of records) {
    if (bytes + each.bytes > MAX_APPEND) {
      appends.push([]);
      bytes = 0;
    }
    appends.at(-1)?.push(each);
    bytes += each.bytes;
  }
  return appends;
}

/** Metadata of a record of ours; undefined for a record somebody else put into the stream. */
export function metaOf({ metadata }: ReadRecord): Meta | undefined {
  if (typeof metadata !== 'object' || metadata === null) return undefined;
  const { novate, batch, first, index, payload, end, writer } = metadata as Partial<Meta>;
  const placed = novate === 1 && isCount(batch) && isCount(first);
  if (!placed) return undefined;
  const known =
    writer === undefined ? isCount(index) && typeof payload === 'string' : isMark(writer);
  return known && (end === undefined || isEnd(end)) ? (metadata as Meta) : undefined;
}

const isCount = (value: unknown): value is number =>
  Number.isSafeInteger(value) && Number(value) >= 0;
const isHash = (value: unknown): boolean =>
  typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
const isMark = (mark: WriterMark): boolean =>
  isCount(mark.epoch) && isHash(mark.hash) && Array.isArray(mark.offsets);
const isEnd = (end: BatchEnd): boolean =>
  typeof end.header === 'string' &&
  isHash(end.hash) &&
  isHash(end.prevHash) &&
  Array.isArray(end.offsets);

/** What a writer's record or the last record of a batch says of the journal. Undefined for any other record. */
export function tailAt(
  shard: number,
  { batch, first, end, writer }: Meta,
): Omit<Tail, 'revision'> | undefined {
  if (writer !== undefined) {
    const { epoch, hash, offsets } = writer;
    return { head: { shard, batches: batch, size: first, epoch, hash }, offsets };
  }
  if (end === undefined) return undefined;
  const { epoch, count } = headerOf(batch, end.header);
  const head = { shard, batches: batch + 1, size: first + count, epoch, hash: end.hash };
  return { head, offsets: end.offsets };
}

function headerOf(batch: number, header: string): BatchHeader {
  try {
    return JSON.parse(header) as BatchHeader;
  } catch {
    throw new JournalCorrupt(batch, 'its header is not JSON');
  }
}

/** Puts the records of a stream together to segments, in order, and checks that each says what its payload says. */
export class Assembler {
  private pending: { meta: Meta; record: ReadRecord }[] = [];
  private last: Omit<Tail, 'revision'> | undefined;
  private revision: number;

  constructor(
    private readonly shard: number,
    /** Number of the batch wanted first: names the place of what cannot be read at all. */
    private readonly wanted: number,
    /** Revision of the first record to come. */
    begin: number,
  ) {
    this.revision = begin - 1;
  }

  /** The segment this record completes, if it does. */
  add(record: ReadRecord): Segment | undefined {
    const next = this.last?.head.batches ?? this.wanted;
    const corrupt = (what: string, batch = next): never => {
      throw new JournalCorrupt(batch, `${what} (revision ${record.revision})`);
    };
    if (record.revision !== this.revision + 1) corrupt('records are missing');
    this.revision = record.revision;
    if (isClaim(record)) {
      this.pending = [];
      return undefined;
    }
    const meta = metaOf(record) ?? corrupt('a record is none of the journal');
    if (this.last && (meta.batch !== next || meta.first !== this.last.head.size)) {
      corrupt('a record is out of place');
    }
    if (meta.writer === undefined) return this.addToBatch(meta, record, corrupt);
    this.pending = [];
    const { epoch, name, hash } = meta.writer;
    const head = this.last?.head;
    const follows = head === undefined || (hash === head.hash && epoch === head.epoch + 1);
    const said = isDeepStrictEqual(record.data, { shard: this.shard, epoch, writer: name });
    if (!follows || !said) corrupt("a writer's record does not fit");
    this.moveTo(meta, meta.writer.offsets, corrupt);
    return undefined;
  }

  private addToBatch(
    meta: Meta,
    record: ReadRecord,
    corrupt: (what: string, batch?: number) => never,
  ): Segment | undefined {
    const begun = this.pending[0]?.meta;
    if (meta.index !== this.pending.length || (begun && begun.batch !== meta.batch)) {
      corrupt('a record is out of place', meta.batch);
    }
    this.pending.push({ meta, record });
    if (meta.end === undefined) return undefined;
    const parts = this.pending;
    this.pending = [];
    const segment = segmentOf(meta, meta.end, parts);
    const header = headerOf(meta.batch, meta.end.header);
    if (this.last && header.epoch !== this.last.head.epoch) corrupt('its writer was fenced off');
    checkRecords(segment, header, parts);
    const before = this.last?.offsets;
    const expected = before && offsetsAfter(before, header.offsets);
    this.moveTo(meta, expected ?? meta.end.offsets, (what) => corrupt(what, meta.batch));
    return segment;
  }

  private moveTo(
    meta: Meta,
    expected: readonly PartitionOffset[],
    corrupt: (what: string) => never,
  ): void {
    const tail = tailAt(this.shard, meta);
    if (tail === undefined) return;
    const known = meta.writer === undefined ? expected : (this.last?.offsets ?? expected);
    if (!isDeepStrictEqual(tail.offsets, known))
      corrupt('its offsets do not follow from those before');
    this.last = tail;
  }
}

function segmentOf(
  { batch, first }: Meta,
  { header, prevHash, hash }: BatchEnd,
  parts: readonly { meta: Meta; record: ReadRecord }[],
): Segment {
  const payload = Buffer.concat(parts.map(({ meta }) => Buffer.from(meta.payload ?? '', 'base64')));
  const count = parts.filter(({ record }) => record.type !== PAYLOAD_TYPE).length;
  return { seq: batch, firstPosition: first, count, header, prevHash, hash, payload };
}

/** The chain covers the payload; people read the data. They have to say the same. */
function checkRecords(
  segment: Segment,
  header: BatchHeader,
  parts: readonly { record: ReadRecord }[],
): void {
  let stored: StoredEvent[];
  try {
    stored = decodeEvents(segment.payload, header);
  } catch {
    // Whoever opens the segment says what is wrong with it.
    return;
  }
  const records = parts.map(({ record }) => record).filter(({ type }) => type !== PAYLOAD_TYPE);
  for (const [i, record] of records.entries()) {
    const event = stored[i] as (StoredEvent & { readonly id?: unknown }) | undefined;
    if (event?.id === record.id && event.type === record.type && sameEvent(event, record.data))
      continue;
    const where = `the record of position ${segment.firstPosition + i}`;
    throw new JournalCorrupt(segment.seq, `${where} does not say what its payload says`);
  }
}

function sameEvent(event: StoredEvent, data: unknown): boolean {
  if (isDeepStrictEqual(event, data)) return true;
  const text = canonicalJson(event);
  const bytes = Buffer.byteLength(text, 'utf8');
  if (bytes > MAX_DATA) return isDeepStrictEqual(data, { omitted: bytes });
  return canonicalJson(data) === text;
}
