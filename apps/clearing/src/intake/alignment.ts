import type { StreamId, StreamPosition } from '#events';
import { streamKey } from '#ledger';
import { HeldStreams } from './held.js';
import type { HeldStream } from './held.js';

/** What the ledger says of a position: see `readiness` in #ledger. */
export type Readiness = 'ready' | 'wait-window' | 'wait-gap' | 'old';

/**
 * The engine's state as alignment needs it: always the newest decided, never older than an answer
 * it gave.
 */
export interface AlignmentView {
  readiness(at: StreamPosition): Readiness;
  expectedSequence(stream: StreamId): number;
  openWindow(): number;
  /** True when the offset was decided (by an earlier run too). */
  isDecided(topic: string, partition: number, offset: number): boolean;
}

/** A message with its place in Kafka and, where it could be read, in its stream. */
export interface Placed<T> {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly at?: StreamPosition;
  /** Memory it holds on to, about. */
  readonly bytes: number;
  readonly item: T;
  /** Handed on to have the gap before it recorded; it is not expected to be decided. */
  readonly showsGap?: true;
}

/** One fetch of a partition, `lastOffset` included, control records and holes too. */
export interface Fetched<R> {
  readonly topic: string;
  readonly partition: number;
  readonly fetchedOffset: number;
  readonly lastOffset: number;
  readonly messages: readonly R[];
}

export interface HeldLimits {
  /** Messages and bytes of waiting streams kept per partition. */
  readonly messages: number;
  readonly bytes: number;
}

interface PartitionState {
  readonly topic: string;
  readonly partition: number;
  /** Where the fetch before ended; undefined after a seek, when the next one may begin anywhere. */
  position: number | undefined;
  /** Offsets held or handed on and not yet answered. */
  readonly pending: Set<number>;
  heldMessages: number;
  heldBytes: number;
  /** Streams whose messages were not kept for lack of room: the first such position of each. */
  readonly dropped: Map<string, StreamPosition>;
}

/**
 * Decides which messages go to the engine now and which wait. A stream whose next sequence is
 * missing, or whose window is not open yet, waits alone: its messages are held in memory in order
 * and handed on as soon as the state has moved. Nothing else waits, in the same partition neither.
 * Pure: it reads the state through `view` only.
 *
 * Every offset is handed on until it was decided and never again after: `pending` covers what is
 * under way in this process, the journal's progress what was decided in any. When a partition holds
 * more than `limits`, further messages of waiting streams are let go; once such a stream moves,
 * `rewinds` names the partition to be read again.
 */
export class Alignment<T> {
  private readonly partitions = new Map<string, PartitionState[]>();
  private readonly held = new HeldStreams<Placed<T>>();

  constructor(
    private readonly view: AlignmentView,
    private readonly limits: HeldLimits,
  ) {}

  /** Messages waiting in memory. */
  get heldMessages(): number {
    let sum = 0;
    for (const { heldMessages } of this.states()) sum += heldMessages;
    return sum;
  }

  /** The partition is read from elsewhere: what follows is not contiguous with what came before. */
  sought(topic: string, partition: number): void {
    const state = this.partition(topic, partition);
    state.position = undefined;
    state.dropped.clear();
  }

  /**
   * Takes a fetch. `read` is called for messages that are new here only. Returns what goes to the
   * engine now, in order, and the ranges [from, to) in which the broker holds no message.
   */
  fetched<R extends { readonly offset: number }>(
    batch: Fetched<R>,
    read: (raw: R) => Pick<Placed<T>, 'at' | 'bytes' | 'item'>,
  ): { submit: Placed<T>[]; absent: (readonly [from: number, to: number])[] } {
    const { topic, partition } = batch;
    const state = this.partition(topic, partition);
    const submit: Placed<T>[] = [];
    const absent: (readonly [number, number])[] = [];
    let from = batch.fetchedOffset;
    if (state.position !== undefined && state.position < from) from = state.position;
    for (const raw of batch.messages) {
      if (raw.offset > from) absent.push([from, raw.offset]);
      from = Math.max(from, raw.offset + 1);
      if (state.pending.has(raw.offset)) continue;
      if (this.view.isDecided(topic, partition, raw.offset)) continue;
      const { offset } = raw;
      const { at, bytes, item } = read(raw);
      const message = at
        ? { topic, partition, offset, at, bytes, item }
        : { topic, partition, offset, bytes, item };
      if (this.admits(state, message)) {
        state.pending.add(message.offset);
        this.held.begin(message);
        submit.push(message);
      }
    }
    if (batch.lastOffset >= from) absent.push([from, batch.lastOffset + 1]);
    state.position = Math.max(from, batch.lastOffset + 1);
    return { submit, absent };
  }

  /** The engine answered: decided, or still waiting, in which case the message is held. */
  answered(message: Placed<T>, waiting: boolean): void {
    const state = this.partition(message.topic, message.partition);
    const { at } = message;
    const shown = waiting && at && message.showsGap;
    const gap = shown ? this.view.expectedSequence(at.stream) : undefined;
    this.held.answer(message, gap);
    if (waiting && at) this.hold(state, message);
    else state.pending.delete(message.offset);
    this.held.tidy(message);
  }

  /** After the state moved: the held messages whose turn has come, per stream in order. */
  release(): Placed<T>[] {
    const released: Placed<T>[] = [];
    for (const stream of this.held.waiting()) {
      let expected: number | undefined;
      for (let head = stream.peek(); head?.at; head = stream.peek()) {
        const { at } = head;
        const follows =
          expected !== undefined && at.sequence <= expected && at.window <= this.view.openWindow();
        const due = follows || this.isDue(at);
        const showsGap = !due && expected === undefined && this.isGap(stream, head, at);
        if (!due && !showsGap) break;
        // One of the same sequence is under way and may come back: it was first.
        if (stream.isEarly(at.sequence)) break;
        stream.take();
        if (showsGap) stream.early(head);
        this.unhold(head);
        released.push(showsGap ? { ...head, showsGap } : head);
        if (showsGap) break;
        expected = Math.max(expected ?? 0, at.sequence + 1);
      }
    }
    return released;
  }

  /**
   * Partitions to be read again from the journal's `next`, because a stream they let go of can move
   * now.
   */
  rewinds(): { topic: string; partition: number }[] {
    return this.states().filter((state) => this.canResume(state));
  }

  /** True when the message goes on; otherwise it was held, or let go for lack of room. */
  private admits(state: PartitionState, message: Placed<T>): boolean {
    const { at } = message;
    if (!at) return true;
    const readiness = this.view.readiness(at);
    const key = streamKey(at.stream);
    // The state moves before its answers come: its turn may have come while the message it repeats still waits.
    const repeats = this.held.repeats(key, at.sequence) || isPast(state.dropped.get(key), at);
    if (!repeats && (readiness === 'ready' || readiness === 'old')) return true;
    // A gap behind messages under way closes when they are decided: the engine sees that, we
    // cannot.
    const queueing = this.held.holds(key) || state.dropped.has(key);
    if (readiness === 'wait-gap' && !queueing && !repeats) {
      this.held.early(message);
      return true;
    }
    if (state.dropped.has(key) || !this.hasRoom(state)) {
      const first = state.dropped.get(key);
      if (!first || at.sequence < first.sequence) state.dropped.set(key, at);
      return false;
    }
    this.hold(state, message);
    return false;
  }

  private canResume(state: PartitionState): boolean {
    for (const [key, at] of state.dropped) {
      const readiness = this.view.readiness(at);
      if (readiness === 'ready' || readiness === 'old') return true;
      // Nothing of it is left here that could show its gap to the engine.
      if (readiness === 'wait-gap' && !this.held.busy(key) && this.hasRoom(state)) return true;
    }
    return false;
  }

  private isDue(at: StreamPosition): boolean {
    const readiness = this.view.readiness(at);
    return readiness === 'ready' || readiness === 'old';
  }

  /**
   * Whether the head of a stream waits for a message that is nowhere here, and nobody was told yet.
   */
  private isGap(stream: HeldStream<Placed<T>>, head: Placed<T>, at: StreamPosition): boolean {
    if (stream.underWay > 0 || this.view.readiness(at) !== 'wait-gap') return false;
    const { dropped } = this.partition(head.topic, head.partition);
    if (dropped.has(streamKey(at.stream))) return false;
    return stream.reported !== this.view.expectedSequence(at.stream);
  }

  private hold(state: PartitionState, message: Placed<T>): void {
    state.pending.add(message.offset);
    state.heldMessages += 1;
    state.heldBytes += message.bytes;
    this.held.add(message);
  }

  private unhold(message: Placed<T>): void {
    const state = this.partition(message.topic, message.partition);
    state.heldMessages -= 1;
    state.heldBytes -= message.bytes;
  }

  private hasRoom(state: PartitionState): boolean {
    return state.heldMessages < this.limits.messages && state.heldBytes < this.limits.bytes;
  }

  private states(): PartitionState[] {
    return [...this.partitions.values()].flat();
  }

  /** Asked for every message: two steps without a text of both, which would have to be made and hashed. */
  private partition(topic: string, partition: number): PartitionState {
    let ofTopic = this.partitions.get(topic);
    if (!ofTopic) this.partitions.set(topic, (ofTopic = []));
    return (ofTopic[partition] ??= {
      topic,
      partition,
      position: undefined,
      pending: new Set(),
      heldMessages: 0,
      heldBytes: 0,
      dropped: new Map(),
    });
  }
}

/** True when a message was let go that has to be decided before one at `at`. */
function isPast(dropped: StreamPosition | undefined, at: StreamPosition): boolean {
  return dropped !== undefined && dropped.sequence <= at.sequence;
}
