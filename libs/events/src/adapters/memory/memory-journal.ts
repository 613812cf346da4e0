import { GENESIS, headAfter, open, seal, type Segment } from '../../journal/chain.js';
import { JournalConflict, JournalUnavailable } from '../../journal/errors.js';
import type { Batch, Journal, JournalHead, PartitionOffset } from '../../journal/journal.js';
import { follow } from '../../journal/subscription.js';

/** What outlives a memory journal's object, as a database outlives a connection. */
export interface MemoryStore {
  head: JournalHead;
  readonly segments: Segment[];
  readonly offsets: Map<string, PartitionOffset>;
  readonly waiting: Set<() => void>;
}

export function memoryStore(shard = 0): MemoryStore {
  return {
    head: { shard, batches: 0, size: 0, epoch: 0, hash: GENESIS },
    segments: [],
    offsets: new Map(),
    waiting: new Set(),
  };
}

/** The reference adapter: the same bytes and checks as Postgres, kept in an array. For tests and simulation. */
export function memoryJournal(store: MemoryStore = memoryStore()): Journal {
  let closed = false;
  const alive = (): void => {
    if (closed) throw new JournalUnavailable('the journal is closed');
  };
  const read = async function* (from: number, to?: number): AsyncGenerator<Batch> {
    alive();
    let previous: Segment | undefined;
    // By index, not by iterator: segments appended while a reader is on its way are read too.
    for (let i = 0; i < store.segments.length; i += 1) {
      const segment = store.segments[i]!;
      const last = segment.firstPosition + segment.count - 1;
      if (last >= from) {
        if (to !== undefined && segment.firstPosition > to) return;
        yield open(segment, previous);
      }
      previous = segment;
    }
  };
  const wait = async (signal: AbortSignal): Promise<void> => {
    if (signal.aborted) return;
    await new Promise<void>((resolve) => {
      store.waiting.add(resolve);
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
  };
  return {
    head: async () => {
      alive();
      return store.head;
    },
    acquire: async () => {
      alive();
      store.head = { ...store.head, epoch: store.head.epoch + 1 };
      return store.head;
    },
    append: async (request) => {
      alive();
      if (request.events.length === 0) throw new RangeError('a batch holds at least one event');
      const { epoch, batches, hash } = store.head;
      const { expected } = request;
      if (expected.epoch !== epoch || expected.batches !== batches || expected.hash !== hash) {
        throw new JournalConflict(`expected batch ${expected.batches} in epoch ${expected.epoch}`);
      }
      const segment = seal(request);
      store.segments.push(segment);
      for (const offset of request.offsets ?? []) {
        store.offsets.set(`${offset.topic}|${offset.partition}`, offset);
      }
      store.head = headAfter(expected, segment);
      for (const wake of store.waiting) wake();
      store.waiting.clear();
      return store.head;
    },
    read,
    subscribe: (from, onBatch) => follow({ read, wait }, from, onBatch),
    offsets: async () => [...store.offsets.values()],
    close: async () => {
      closed = true;
    },
  };
}
