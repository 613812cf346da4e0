import { encodeEvents, joinPayloads } from '../codec/codec.js';
import { canonicalJson } from '../canonical.js';
import type { AnyNewEvent, AnyRecordedEvent, StoredEvent } from '../event.js';
import type { Micros } from '../units.js';
import { InvalidEvent, JournalUnavailable } from './errors.js';
import type { Journal, JournalHead, PartitionOffset } from './journal.js';
import { RecentIds } from './recent-ids.js';

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

/** Resolves or rejects with a batch it has no events in. */
type Waiter = Pick<Pending, 'reject'> & { readonly resolve: () => void };

/** What will be one append: at most MAX_BATCH events, the first `encoded` of them encoded already. */
class Batch {
  private readonly waiters: Waiter[] = [];
  readonly items: Pending[] = [];
  readonly events: AnyNewEvent[] = [];
  private readonly parts: Buffer[] = [];
  private encoded = 0;
  private unencodable = false;

  /** @param first position its first event will have: known ahead, for no batch fails without ending the writer */
  constructor(readonly first: number) {}

  takes(count: number): boolean {
    return this.events.length + count <= MAX_BATCH;
  }

  holds(position: number): boolean {
    return this.first <= position && position < this.first + this.events.length;
  }

  written(): Promise<void> {
    return new Promise((resolve, reject) => this.waiters.push({ resolve, reject }));
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

  resolve(): void {
    let position = this.first;
    for (const item of this.items) {
      item.resolve(position);
      position += item.count;
    }
    for (const waiter of this.waiters) waiter.resolve();
  }

  reject(reason: unknown): void {
    for (const item of this.items) item.reject(reason);
    for (const waiter of this.waiters) waiter.reject(reason);
  }
}

/** Events whose ids a writer knows again. */
export const ID_HORIZON = 32_768;

/**
 * Group commit without a timer: a batch is what arrived while the one before it was being written, so a lone event waits
 * for nobody and a flood is written in large batches. What arrives meanwhile is encoded meanwhile. Events that were
 * written before, within a horizon, are not written again. After the first failure the writer is dead for good.
 */
export class GroupCommit {
  private readonly queue: Batch[] = [];
  private readonly ids: RecentIds;
  private writing: Batch | undefined;
  private running = false;
  private failure: unknown;
  /** Position of the next event submitted. */
  private next: number;

  /** @param horizon events whose ids it remembers; it begins without any: see `open` */
  constructor(
    private readonly journal: Journal,
    private head: JournalHead,
    private readonly now: () => Micros,
    horizon = ID_HORIZON,
  ) {
    this.next = head.size;
    this.ids = new RecentIds(horizon);
  }

  /** Takes the writer's role and learns the ids of the last `horizon` events, so that a retry across a restart is known. */
  static async open(
    journal: Journal,
    writer: string,
    now: () => Micros,
    horizon = ID_HORIZON,
  ): Promise<GroupCommit> {
    const head = await journal.acquire(writer);
    const group = new GroupCommit(journal, head, now, horizon);
    if (head.size === 0) return group;
    for await (const { events } of journal.read(Math.max(0, head.size - horizon), head.size - 1)) {
      for (const { id, position } of events) group.ids.add(id, position);
    }
    return group;
  }

  /**
   * Resolves with the position of the first event once all of them are durable. The same events again resolve with the
   * position they have.
   * @throws InvalidEvent where an id was used before for another event, or only some of the events were written before
   */
  submit(
    events: readonly AnyNewEvent[],
    offsets: readonly PartitionOffset[] = [],
  ): Promise<number> {
    if (this.failure !== undefined) return Promise.reject(this.dead());
    const count = events.length;
    if (count === 0 || count > MAX_BATCH) {
      return Promise.reject(new RangeError(`1 to ${MAX_BATCH} events, got ${count}`));
    }
    const known = this.know(events);
    if (known instanceof InvalidEvent) return Promise.reject(known);
    if (known) return this.again(events);
    return new Promise((resolve, reject) => {
      let open = this.queue.at(-1);
      if (!open?.takes(count)) this.queue.push((open = new Batch(this.next)));
      this.next += count;
      open.add(events, { count, offsets, resolve, reject });
      if (this.running) open.encodeAhead();
      else void this.drain();
    });
  }

  /** Was any of the events submitted before? If not, all of them are known from now on, at the positions they will have. */
  private know(events: readonly AnyNewEvent[]): boolean | InvalidEvent {
    const { ids, next } = this;
    const [first] = events;
    if (events.length === 1) return ids.positionOrAdd(first!.id, next) !== undefined;
    if (events.some(({ id }) => ids.position(id) !== undefined)) return true;
    if (new Set(events.map(({ id }) => id)).size < events.length) {
      return new InvalidEvent('two events of one call have the same id');
    }
    events.forEach(({ id }, i) => ids.add(id, next + i));
    return false;
  }

  /** Some of the events were submitted before: they are there, or on their way, and have to be the same. */
  private async again(events: readonly AnyNewEvent[]): Promise<number> {
    const positions = events.map(({ id }) => this.ids.position(id));
    const first = positions[0] ?? -1;
    const fresh = positions.findIndex((position, i) => position !== first + i);
    if (first < 0 || fresh >= 0) {
      const id = events[Math.max(fresh, 0)]?.id ?? '';
      throw new InvalidEvent(
        `event ${id}: of the events submitted with it some were written before`,
      );
    }
    const last = first + events.length - 1;
    const pending = [this.writing, ...this.queue].find((batch) => batch?.holds(last));
    await pending?.written();
    for await (const batch of this.journal.read(first, last)) {
      const { firstPosition } = batch.header;
      (batch.recorded ?? batch.events).forEach((stored, i) => {
        const event = events[firstPosition + i - first];
        if (event !== undefined) needSame(stored, event);
      });
    }
    return first;
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
    this.writing = batch;
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
    } finally {
      this.writing = undefined;
    }
    batch.resolve();
  }
}

/** An id stands for one event: what was recorded under it, but for position and time of recording, is what comes again. */
function needSame(stored: StoredEvent, event: AnyNewEvent): void {
  const { position: _, recordedAt: __, ...recorded } = stored as AnyRecordedEvent;
  if (canonicalJson(recorded) === canonicalJson(event)) return;
  throw new InvalidEvent(`event ${event.id}: its id was used before for another event`);
}
