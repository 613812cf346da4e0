import type { AnyNewEvent, AnyRecordedEvent, StoredEvent } from '../event.js';
import type { Micros } from '../units.js';

/**
 * Progress of one Kafka partition, committed with the batch it belongs to.
 * `next` is the first offset not yet decided; `ahead` marks later offsets already decided (a waiting stream leaves
 * holes): bit i of the base64 bitmap stands for offset next + i.
 */
export interface PartitionOffset {
  readonly topic: string;
  readonly partition: number;
  readonly next: string;
  readonly ahead: string;
}

/** The header of a batch: everything hashed beside the payload. Rides outside the leaves. */
export interface BatchHeader {
  readonly shard: number;
  /** Batch number, contiguous from 0. */
  readonly seq: number;
  readonly firstPosition: number;
  readonly count: number;
  /** Writer's epoch: a writer with an older one is fenced off. */
  readonly epoch: number;
  readonly codec: string;
  readonly recordedAt: Micros;
  /** Changed partitions only. */
  readonly offsets: readonly PartitionOffset[];
}

/** Identifies the end of the journal. `hash` chains all batches; 64 zeros for an empty journal. Hex. */
export interface JournalHead {
  readonly shard: number;
  /** Number of batches. */
  readonly batches: number;
  /** Number of events = next position. */
  readonly size: number;
  readonly epoch: number;
  readonly hash: string;
}

export interface Batch {
  readonly header: BatchHeader;
  readonly prevHash: string;
  readonly hash: string;
  /** In the current schema, whatever schema they were recorded in. */
  readonly events: readonly AnyRecordedEvent[];
  /** As recorded, where that differs: then these, not `events`, are the preimages of the leaves. */
  readonly recorded?: readonly StoredEvent[];
}

export interface AppendRequest {
  /** The head this writer believes in; anything else in the store is a conflict. */
  readonly expected: JournalHead;
  readonly events: readonly AnyNewEvent[];
  readonly recordedAt: Micros;
  readonly offsets?: readonly PartitionOffset[];
  /** The same events as `encodeEvents` gave them, where that was done ahead, while an earlier batch was being written. */
  readonly payload?: Buffer;
}

export interface Subscription {
  /** Resolves once the subscriber has handled everything that was in the journal when it subscribed. */
  readonly caughtUp: Promise<void>;
  /** Resolves when it was stopped or the journal closed; rejects with the reason it broke. */
  readonly done: Promise<void>;
  stop(): Promise<void>;
}

/** One ordered, append-only, hash-chained log. Every adapter passes `journal.contract.ts`. */
export interface Journal {
  head(): Promise<JournalHead>;
  /** Takes the writer's role: raises the epoch and fences off every earlier writer. */
  acquire(writer: string): Promise<JournalHead>;
  /** Atomic: events, chain hash and offsets, or nothing. Throws JournalConflict when fenced or the head moved. */
  append(request: AppendRequest): Promise<JournalHead>;
  /**
   * Whole batches whose last position is >= from and whose first position is <= to, up to the head, verified against
   * the chain. Throws JournalCorrupt naming the batch.
   */
  read(from: number, to?: number): AsyncIterable<Batch>;
  /**
   * Calls `onBatch` in order, once each, from `from` on, without gap or repeat, until stopped. A batch that began before
   * `from` comes without its first events. A handler that throws ends the subscription; a server that is away does not.
   */
  subscribe(from: number, onBatch: (batch: Batch) => Promise<void>): Subscription;
  /** All partitions' offsets as committed with the batches. */
  offsets(): Promise<readonly PartitionOffset[]>;
  close(): Promise<void>;
}
