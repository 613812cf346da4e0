import { GENESIS, headAfter, seal, type Segment } from '../../journal/chain.js';
import { JournalConflict, JournalUnavailable } from '../../journal/errors.js';
import type {
  AppendRequest,
  Batch,
  Journal,
  JournalHead,
  PartitionOffset,
  Subscription,
} from '../../journal/journal.js';
import { PAGE, readBatches } from '../../journal/reader.js';
import { follow } from '../../journal/subscription.js';
import { Wakeup } from '../wakeup.js';

/** What outlives a memory journal's object, as a database outlives a connection. */
export interface MemoryStore {
  head: JournalHead;
  readonly segments: Segment[];
  readonly offsets: Map<string, PartitionOffset>;
  readonly wakeup: Wakeup;
  /** What lies between a writer and the store, where a test wants it to fail. It throws LineLost where it breaks. */
  line?: (write: () => JournalHead) => JournalHead;
}

/** The line broke while an append was under way. */
export class LineLost extends Error {
  override readonly name = 'LineLost';
}

export function memoryStore(shard = 0): MemoryStore {
  return {
    head: { shard, batches: 0, size: 0, epoch: 0, hash: GENESIS },
    segments: [],
    offsets: new Map(),
    wakeup: new Wakeup(),
  };
}

/** The reference adapter: the same bytes and checks as Postgres, kept in an array. For tests and simulation. */
export function memoryJournal(store: MemoryStore = memoryStore()): Journal {
  return new MemoryJournal(store);
}

class MemoryJournal implements Journal {
  private readonly closing = new AbortController();

  constructor(private readonly store: MemoryStore) {}

  private alive(): void {
    if (this.closing.signal.aborted) throw new JournalUnavailable('the journal is closed');
  }

  async head(): Promise<JournalHead> {
    this.alive();
    return this.store.head;
  }

  async acquire(): Promise<JournalHead> {
    this.alive();
    this.store.head = { ...this.store.head, epoch: this.store.head.epoch + 1 };
    return this.store.head;
  }

  async append(request: AppendRequest): Promise<JournalHead> {
    this.alive();
    const { expected, offsets = [] } = request;
    if (expected.shard !== this.store.head.shard) {
      throw new RangeError(`this journal holds shard ${this.store.head.shard}`);
    }
    const segment = seal(request);
    const write = (): JournalHead => this.write(expected, segment, offsets);
    try {
      return this.store.line ? this.store.line(write) : write();
    } catch (error) {
      if (error instanceof LineLost) return this.resolveUnknown(expected, segment);
      throw error;
    }
  }

  private write(
    expected: JournalHead,
    segment: Segment,
    offsets: readonly PartitionOffset[],
  ): JournalHead {
    const { epoch, batches, hash } = this.store.head;
    // Epoch 0 is nobody's: a writer acquires first.
    if (
      epoch === 0 ||
      expected.epoch !== epoch ||
      expected.batches !== batches ||
      expected.hash !== hash
    ) {
      throw new JournalConflict(`expected batch ${expected.batches} in epoch ${expected.epoch}`);
    }
    this.store.segments.push(segment);
    for (const offset of offsets) {
      this.store.offsets.set(`${offset.topic}|${offset.partition}`, offset);
    }
    this.store.head = headAfter(expected, segment);
    this.store.wakeup.now();
    return this.store.head;
  }

  /** As in Postgres: the epoch is raised, so that the batch can no longer arrive, and then the head says what happened. */
  private resolveUnknown(expected: JournalHead, segment: Segment): JournalHead {
    const { head } = this.store;
    if (head.epoch === expected.epoch && head.hash === expected.hash) {
      this.store.head = { ...head, epoch: head.epoch + 1 };
      const said = 'its line broke; acquire() before writing again';
      throw new JournalUnavailable(`batch ${segment.seq} was not written: ${said}`);
    }
    if (head.epoch === expected.epoch && head.hash === segment.hash) return head;
    throw new JournalConflict(`the head moved to batch ${head.batches} in epoch ${head.epoch}`);
  }

  async locate(position: number): Promise<number | undefined> {
    return this.store.segments.findLast((segment) => segment.firstPosition <= position)?.seq;
  }

  async page(seq: number): Promise<readonly Segment[]> {
    this.alive();
    const { segments, head } = this.store;
    const start = segments[seq]?.seq === seq ? seq : segments.findIndex((s) => s.seq >= seq);
    if (start < 0) return [];
    return segments.slice(start, start + PAGE).filter((s) => s.seq < head.batches);
  }

  read(from: number, to?: number): AsyncIterable<Batch> {
    return readBatches(this, { from, to });
  }

  subscribe(from: number, onBatch: (batch: Batch) => Promise<void>): Subscription {
    const { wakeup } = this.store;
    const feed = {
      size: async () => (await this.head()).size,
      read: (range: { from: number }) => readBatches(this, range),
      changes: () => wakeup.changes(),
      wait: (since: number, signal: AbortSignal) => wakeup.wait(since, signal),
      recovers: async () => false,
    };
    return follow(feed, from, onBatch, this.closing.signal);
  }

  async offsets(): Promise<readonly PartitionOffset[]> {
    this.alive();
    return [...this.store.offsets.values()];
  }

  async close(): Promise<void> {
    this.closing.abort();
  }
}
