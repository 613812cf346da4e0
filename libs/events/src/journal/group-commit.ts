import type { AnyNewEvent, Micros } from '../event.js';
import { JournalUnavailable } from './errors.js';
import type { Journal, JournalHead, PartitionOffset } from './journal.js';

/** Most events of one batch. */
export const MAX_BATCH = 10_000;

interface Pending {
  readonly events: readonly AnyNewEvent[];
  readonly offsets: readonly PartitionOffset[];
  readonly resolve: (firstPosition: number) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Group commit without a timer: a batch is what arrived while the one before it was being written, so a lone event waits
 * for nobody and a flood is written in large batches. After the first failure the writer is dead for good.
 */
export class GroupCommit {
  private queue: Pending[] = [];
  private running = false;
  private failure: unknown;

  constructor(
    private readonly journal: Journal,
    private head: JournalHead,
    private readonly now: () => Micros,
  ) {}

  /** Resolves with the position of the first event once all of them are durable. */
  submit(
    events: readonly AnyNewEvent[],
    offsets: readonly PartitionOffset[] = [],
  ): Promise<number> {
    if (this.failure !== undefined) return Promise.reject(this.dead());
    if (events.length === 0 || events.length > MAX_BATCH) {
      return Promise.reject(new RangeError(`1 to ${MAX_BATCH} events, got ${events.length}`));
    }
    return new Promise((resolve, reject) => {
      this.queue.push({ events, offsets, resolve, reject });
      if (!this.running) void this.drain();
    });
  }

  private dead(): JournalUnavailable {
    return new JournalUnavailable('an earlier append failed', { cause: this.failure });
  }

  private async drain(): Promise<void> {
    this.running = true;
    // One turn later, so that everything submitted in this turn shares the first batch.
    await Promise.resolve();
    while (this.queue.length > 0 && this.failure === undefined) await this.write(this.take());
    this.running = false;
  }

  private take(): Pending[] {
    let count = 0;
    let n = 0;
    while (n < this.queue.length && count + this.queue[n]!.events.length <= MAX_BATCH) {
      count += this.queue[n]!.events.length;
      n += 1;
    }
    const batch = this.queue.slice(0, n);
    this.queue = this.queue.slice(n);
    return batch;
  }

  private async write(batch: readonly Pending[]): Promise<void> {
    const offsets = new Map<string, PartitionOffset>();
    for (const item of batch) {
      for (const o of item.offsets) offsets.set(`${o.topic}|${o.partition}`, o);
    }
    let position = this.head.size;
    try {
      this.head = await this.journal.append({
        expected: this.head,
        events: batch.flatMap((item) => item.events),
        recordedAt: this.now(),
        offsets: [...offsets.values()],
      });
    } catch (error) {
      this.failure = error;
      for (const item of [...batch, ...this.queue]) item.reject(error);
      this.queue = [];
      return;
    }
    for (const item of batch) {
      item.resolve(position);
      position += item.events.length;
    }
  }
}
