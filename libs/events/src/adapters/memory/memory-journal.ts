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
    const { shard, epoch, batches, hash } = this.store.head;
    if (expected.shard !== shard) throw new RangeError(`this journal holds shard ${shard}`);
    const segment = seal(request);
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
