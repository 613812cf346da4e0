import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { EventStoreDBClient } from '@eventstore/db-client';
import { GENESIS, headAfter, seal, type Segment } from '../../journal/chain.js';
import { JournalConflict, JournalCorrupt, JournalUnavailable } from '../../journal/errors.js';
import type {
  AppendRequest,
  Batch,
  Journal,
  JournalHead,
  PartitionOffset,
  Subscription,
} from '../../journal/journal.js';
import { PAGE, type Range, readBatches } from '../../journal/reader.js';
import { follow } from '../../journal/subscription.js';
import { explain, isConflict, isElsewhere, isLost, isTransient } from './faults.js';
import {
  appendsOf,
  Assembler,
  claimRecord,
  isClaim,
  metaOf,
  type NewRecord,
  offsetsAfter,
  recordsOf,
  type Tail,
  tailAt,
  writerRecord,
} from './records.js';
import { Stream } from './stream.js';
import { lowestRevision, placeAt, refuseStranger } from './search.js';
import { Watcher } from './watcher.js';

export interface EventStoreJournalOptions {
  /** Connection string, `esdb://user:password@host:2113?tls=true`. */
  readonly url: string;
  readonly shard?: number;
  /** The journal's stream is `<prefix>-<shard>`; by default `novate-0`. */
  readonly prefix?: string;
  /** Milliseconds an append may go without an answer before it counts as lost. By default 15 s. */
  readonly patience?: number;
  /** How often an append whose outcome is unknown is looked up and sent again. By default 8 times, over 5 s. */
  readonly attempts?: number;
}

const FIRST_PAUSE_MS = 20;
const MAX_PAUSE_MS = 2_000;
/** How often a writer that takes over tries to get between two appends of the one before, until it claims the stream. */
const POLITE_RACES = 10;
/** And how often after that, for there may be others who want to take over. */
const MAX_RACES = 100;
/** Batches whose first revision is remembered. */
const REMEMBERED = 1_024;

/** The journal as one stream of EventStoreDB per shard; `records.ts` says how batches lie in it. */
export function eventStoreJournal(options: EventStoreJournalOptions): Journal {
  return new EventStoreJournal(options);
}

/**
 * The client from a connection string. Refuses the non-throwing mode: in it the client reports revision 1 for every
 * conflict, whatever the stream's revision is.
 */
function connect(url: string): EventStoreDBClient {
  if (/[?&]throwOnAppendFailure=false/i.test(url)) {
    throw new TypeError(
      'EVENTSTOREDB_URL has throwOnAppendFailure=false: remove it, the journal relies on errors',
    );
  }
  try {
    return EventStoreDBClient.connectionString(url);
  } catch (cause) {
    const fix = 'write esdb://host:2113?tls=false, or esdb://user:password@host:2113';
    throw new TypeError(`EVENTSTOREDB_URL is no connection string: ${fix}`, { cause });
  }
}

class EventStoreJournal implements Journal {
  private readonly stream: Stream;
  private readonly watcher: Watcher;
  private readonly shard: number;
  private readonly attempts: number;
  private readonly closing = new AbortController();
  /** The end of the stream, while this handle is its writer: only another writer could move it otherwise. */
  private owned: Tail | undefined;
  /** Appends and takings-over, one after the other. */
  private queue: Promise<unknown> = Promise.resolve();
  /** First revisions of batches, as far as they are known. */
  private readonly begins = new Map<number, number>();

  constructor({
    url,
    shard = 0,
    prefix = 'novate',
    patience = 15_000,
    attempts = 8,
  }: EventStoreJournalOptions) {
    this.shard = shard;
    this.attempts = attempts;
    this.stream = new Stream(connect(url), `${prefix}-${shard}`, patience);
    this.watcher = new Watcher(this.stream);
  }

  private alive(): void {
    if (this.closing.signal.aborted) throw new JournalUnavailable('the journal is closed');
  }

  /** Asks the server; its errors come in the journal's words. */
  private async ask<T>(question: () => Promise<T>): Promise<T> {
    this.alive();
    try {
      return await question();
    } catch (error) {
      this.alive();
      throw explain(error, this.stream.name);
    }
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.queue.then(work);
    this.queue = turn.catch(() => undefined);
    return turn;
  }

  async head(): Promise<JournalHead> {
    return (await this.tail()).head;
  }

  async offsets(): Promise<readonly PartitionOffset[]> {
    return (await this.tail()).offsets;
  }

  private tail(): Promise<Tail> {
    return this.ask(() => this.readTail());
  }

  /** One read, or two where the stream ends with a batch that is not whole. */
  private async readTail(): Promise<Tail> {
    let record = await this.stream.last();
    const revision = record?.revision ?? -1;
    while (record !== undefined) {
      const meta = isClaim(record) ? undefined : metaOf(record);
      if (meta === undefined && !isClaim(record))
        await refuseStranger(this.stream, record.revision);
      const tail = meta && tailAt(this.shard, meta);
      if (tail) return { ...tail, revision };
      const before: number = record.revision - (meta?.index ?? 0) - 1;
      if (before < 0) break;
      record = await this.stream.at(before);
      if (record === undefined) throw new JournalCorrupt(0, `revision ${before} is missing`);
    }
    const head = { shard: this.shard, batches: 0, size: 0, epoch: 0, hash: GENESIS };
    return { head, offsets: [], revision };
  }

  async acquire(writer: string): Promise<JournalHead> {
    this.alive();
    return this.inTurn(() => this.ask(() => this.takeOver(writer)));
  }

  private async takeOver(writer: string): Promise<JournalHead> {
    this.owned = undefined;
    const id = randomUUID();
    for (let race = 0; race < MAX_RACES; race += 1) {
      if (race > 0 && race % POLITE_RACES === 0) {
        await this.stream.append([claimRecord(randomUUID(), writer)], 'any');
      }
      const tail = await this.readTail();
      const epoch = tail.head.epoch + 1;
      const moved = await this.write(
        [writerRecord(id, writer, tail, epoch)],
        tail.revision,
        'the taking over',
      );
      if (!moved) continue;
      const revision = tail.revision + 1;
      const head = { ...tail.head, epoch };
      this.owned = { head, offsets: tail.offsets, revision };
      this.remember(head.batches, revision);
      return head;
    }
    throw new JournalUnavailable(
      `writer ${writer} cannot take over: others do so all the time; let one begin`,
    );
  }

  async append(request: AppendRequest): Promise<JournalHead> {
    this.alive();
    if (request.expected.shard !== this.shard) {
      throw new RangeError(`this journal holds shard ${this.shard}, not ${request.expected.shard}`);
    }
    const segment = seal(request);
    return this.inTurn(() => this.ask(() => this.appendSegment(request, segment)));
  }

  private async appendSegment(request: AppendRequest, segment: Segment): Promise<JournalHead> {
    const { expected, events, recordedAt } = request;
    const { owned } = this;
    if (owned === undefined || !sameHead(owned.head, expected)) {
      throw new JournalConflict(`expected batch ${expected.batches} in epoch ${expected.epoch}`);
    }
    const offsets = offsetsAfter(owned.offsets, request.offsets ?? []);
    const appends = appendsOf(recordsOf(segment, events, recordedAt, offsets));
    // Until all of it is there this handle owns nothing: whatever stops it, it has to take over again.
    this.owned = undefined;
    let { revision } = owned;
    for (const records of appends) {
      if (!(await this.write(records, revision, `batch ${segment.seq}`))) {
        throw new JournalConflict(`stream ${this.stream.name} has moved from revision ${revision}`);
      }
      revision += records.length;
    }
    const head = headAfter(expected, segment);
    this.owned = { head, offsets, revision };
    this.remember(segment.seq, owned.revision + 1);
    this.remember(head.batches, revision + 1);
    this.watcher.now();
    return head;
  }

  /**
   * Appends records behind a revision. False where the stream has another one. Where the outcome is unknown it reads what
   * stands there: ours, and it was written; nothing, and it is sent again, which a first try that arrives late cannot
   * double, because the server knows records of the same id at the same revisions for the same.
   */
  private async write(
    records: readonly NewRecord[],
    expected: number,
    what: string,
  ): Promise<boolean> {
    let reason: unknown;
    for (let attempt = 0; attempt < this.attempts; attempt += 1) {
      if (attempt > 0) await this.pause(attempt);
      try {
        if (attempt > 0) {
          const there = await this.stream.at(expected + 1);
          if (there) return there.id === records[0]?.id;
        }
        const revision = await this.stream.append(records, expected);
        if (revision === expected + records.length) return true;
        throw new JournalCorrupt(0, `stream ${this.stream.name} was deleted and begun anew`);
      } catch (error) {
        if (isConflict(error)) return false;
        if (!isLost(error) && !isElsewhere(error)) throw error;
        reason = error;
      }
    }
    const said = 'its answer was lost and EventStoreDB is away: acquire() before writing again';
    throw new JournalUnavailable(`${what} may or may not be written: ${said}`, { cause: reason });
  }

  private async pause(attempt: number): Promise<void> {
    const milliseconds = Math.min(FIRST_PAUSE_MS * 2 ** attempt, MAX_PAUSE_MS);
    await sleep(milliseconds, undefined, { signal: this.closing.signal });
  }

  private remember(batch: number, revision: number): void {
    this.begins.delete(batch);
    this.begins.set(batch, revision);
    const [oldest] = this.begins.keys();
    if (this.begins.size > REMEMBERED && oldest !== undefined) this.begins.delete(oldest);
  }

  async locate(position: number): Promise<number | undefined> {
    const { head, revision } = await this.tail();
    if (head.batches === 0) return undefined;
    if (position <= 0) return 0;
    if (position >= head.size) return head.batches - 1;
    return this.ask(async () => {
      const beyond = await lowestRevision(this.stream, revision, ({ first }) => first > position);
      const meta = await placeAt(this.stream, beyond - 1);
      this.remember(meta.batch + 1, beyond);
      return Math.min(meta.batch, head.batches - 1);
    });
  }

  async page(seq: number): Promise<readonly Segment[]> {
    return this.ask(async () => {
      const segments: Segment[] = [];
      const begin = await this.beginOf(seq);
      const assembler = new Assembler(this.shard, seq, begin);
      for await (const record of this.stream.from(begin)) {
        const segment = assembler.add(record);
        if (segment === undefined) continue;
        this.remember(segment.seq + 1, record.revision + 1);
        if (segment.seq >= seq) segments.push(segment);
        if (segments.length === PAGE) break;
      }
      return segments;
    });
  }

  /** The first revision at which a batch may begin. */
  private async beginOf(seq: number): Promise<number> {
    if (seq === 0) return 0;
    const known = this.begins.get(seq);
    if (known !== undefined) return known;
    const { revision } = await this.readTail();
    return lowestRevision(this.stream, revision, ({ batch }) => batch >= seq);
  }

  read(from: number, to?: number): AsyncIterable<Batch> {
    return readBatches(this, { from, to });
  }

  subscribe(from: number, onBatch: (batch: Batch) => Promise<void>): Subscription {
    const feed = {
      size: async () => (await this.head()).size,
      read: (range: Range) => readBatches(this, range),
      changes: () => this.watcher.changes(),
      wait: (since: number, signal: AbortSignal) => this.watcher.wait(since, signal),
      recovers,
    };
    return follow(feed, from, onBatch, this.closing.signal);
  }

  async close(): Promise<void> {
    if (this.closing.signal.aborted) return;
    this.closing.abort();
    await this.watcher.close();
    await this.queue;
    await this.stream.client.dispose();
  }
}

function sameHead(a: JournalHead, b: JournalHead): boolean {
  return a.epoch === b.epoch && a.batches === b.batches && a.size === b.size && a.hash === b.hash;
}

async function recovers(error: unknown, attempt: number, signal: AbortSignal): Promise<boolean> {
  if (!isTransient(error)) return false;
  const pause = Math.min(FIRST_PAUSE_MS * 2 ** attempt, MAX_PAUSE_MS);
  try {
    await sleep(pause, undefined, { signal });
  } catch {
    // Stopped meanwhile: whoever asked will see.
  }
  return true;
}
