import { encodeEvents, joinPayloads } from '../codec/codec.js';
import type { AnyNewEvent } from '../event.js';
import type { Micros } from '../units.js';
import { JournalUnavailable } from './errors.js';
import type { Journal, JournalHead, PartitionOffset } from './journal.js';

/** Most events of one batch. */
export const MAX_BATCH = 10_000;

/** Events encoded at once while an append is under way: few enough to hold nobody up, enough to share their shapes. */
const PART = 250;

interface Pending {
  readonly count: number;
  readonly offsets: readonly PartitionOffset[];
  readonly resolve: (firstPosition: number) => void;
  readonly reject: (reason: unknown) => void;
}

/** What will be one append: at most MAX_BATCH events, the first `encoded` of them encoded already. */
class Batch {
  readonly items: Pending[] = [];
  readonly events: AnyNewEvent[] = [];
  private readonly parts: Buffer[] = [];
  private encoded = 0;
  private unencodable = false;

  takes(count: number): boolean {
    return this.events.length + count <= MAX_BATCH;
  }

  add(events: readonly AnyNewEvent[], item: Pending): void {
    for (const event of events) this.events.push(event);
    this.items.push(item);
  }

  /** Encodes what has gathered, once that is enough to be worth it. What cannot be encoded fails when it is its turn. */
  encodeAhead(): void {
    if (this.unencodable || this.events.length - this.encoded < PART) return;
    try {
      this.encodeRest();
    } catch {
      this.unencodable = true;
    }
  }

  payload(): Buffer {
    if (this.encoded < this.events.length) this.encodeRest();
    return joinPayloads(this.parts);
  }

  private encodeRest(): void {
    this.parts.push(encodeEvents(this.events.slice(this.encoded)));
    this.encoded = this.events.length;
  }

  offsets(): PartitionOffset[] {
    const last = new Map<string, PartitionOffset>();
    for (const item of this.items) {
      for (const o of item.offsets) last.set(`${o.topic}|${o.partition}`, o);
    }
    return [...last.values()];
  }

  resolve(firstPosition: number): void {
    let position = firstPosition;
    for (const item of this.items) {
      item.resolve(position);
      position += item.count;
    }
  }

  reject(reason: unknown): void {
    for (const item of this.items) item.reject(reason);
  }
}

/**
 * Group commit without a timer: a batch is what arrived while the one before it was being written, so a lone event waits
 * for nobody and a flood is written in large batches. What arrives meanwhile is encoded meanwhile. After the first
 * failure the writer is dead for good.
 */
export class GroupCommit {
  private readonly queue: Batch[] = [];
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
    const count = events.length;
    if (count === 0 || count > MAX_BATCH) {
      return Promise.reject(new RangeError(`1 to ${MAX_BATCH} events, got ${count}`));
    }
    return new Promise((resolve, reject) => {
      let open = this.queue.at(-1);
      if (!open?.takes(count)) this.queue.push((open = new Batch()));
      open.add(events, { count, offsets, resolve, reject });
      if (this.running) open.encodeAhead();
      else void this.drain();
    });
  }

  private dead(): JournalUnavailable {
    return new JournalUnavailable('an earlier append failed', { cause: this.failure });
  }

  private async drain(): Promise<void> {
    this.running = true;
    // One turn later, so that everything submitted in this turn shares the first batch.
    await Promise.resolve();
    for (let batch = this.queue.shift(); batch; batch = this.queue.shift()) await this.write(batch);
    this.running = false;
  }

  private async write(batch: Batch): Promise<void> {
    const position = this.head.size;
    try {
      this.head = await this.journal.append({
        expected: this.head,
        events: batch.events,
        recordedAt: this.now(),
        offsets: batch.offsets(),
        payload: batch.payload(),
      });
    } catch (error) {
      this.failure = error ?? new Error('the append failed');
      batch.reject(error);
      for (const waiting of this.queue.splice(0)) waiting.reject(error);
      return;
    }
    batch.resolve(position);
  }
}
