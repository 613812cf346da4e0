import type { StreamPosition } from '#events';
import { streamKey } from '#ledger';

interface Waiting {
  readonly at?: StreamPosition;
  readonly offset: number;
}
const sequenceOf = ({ at }: Waiting): number => at?.sequence ?? 0;

/**
 * The held messages of one stream, by sequence; equal sequences (a message sent twice) in the order
 * they were sent.
 */
export class HeldStream<M extends Waiting> {
  /** Messages handed on and not yet answered. */
  underWay = 0;
  /** The missing sequence whose gap is in the journal. */
  reported: number | undefined;
  /** Sequences handed on before their turn, with the offsets that were: they may come back. */
  private readonly ahead = new Map<number, number>();
  private readonly queue: M[] = [];
  private first = 0;

  get size(): number {
    return this.queue.length - this.first;
  }

  peek(): M | undefined {
    return this.queue[this.first];
  }

  /** Hands the head on. */
  take(): void {
    this.first += 1;
    this.underWay += 1;
    if (this.first < 1024 && this.first < this.queue.length) return;
    this.queue.splice(0, this.first);
    this.first = 0;
  }

  early(message: M): void {
    this.ahead.set(sequenceOf(message), message.offset);
  }

  isEarly(sequence: number): boolean {
    return this.ahead.has(sequence);
  }

  answered(message: M): void {
    const sequence = sequenceOf(message);
    if (this.ahead.get(sequence) === message.offset) this.ahead.delete(sequence);
  }

  add(message: M): void {
    let index = this.queue.length;
    while (index > this.first && isBefore(message, this.queue[index - 1]!)) index -= 1;
    if (index === this.queue.length) this.queue.push(message);
    else this.queue.splice(index, 0, message);
  }
}

/** By sequence; of two with the same, the one that was sent first. */
function isBefore(a: Waiting, b: Waiting): boolean {
  const difference = sequenceOf(a) - sequenceOf(b);
  return difference < 0 || (difference === 0 && a.offset < b.offset);
}

/**
 * All streams that wait or have messages under way; others are forgotten, so memory follows the
 * work.
 */
export class HeldStreams<M extends Waiting> {
  private readonly streams = new Map<string, HeldStream<M>>();

  /** True when messages of the stream are held or under way. */
  busy(key: string): boolean {
    return this.streams.has(key);
  }

  /** True when messages of the stream are held. */
  holds(key: string): boolean {
    return (this.streams.get(key)?.size ?? 0) > 0;
  }

  /** True when a message that is held, or under way before its turn, has to be decided before one with this sequence. */
  repeats(key: string, sequence: number): boolean {
    const stream = this.streams.get(key);
    if (!stream) return false;
    const head = stream.peek();
    return (head !== undefined && sequenceOf(head) <= sequence) || stream.isEarly(sequence);
  }

  /** A message that goes straight on although its turn has not come. */
  early(message: M): void {
    if (message.at) this.stream(message.at).early(message);
  }

  *waiting(): Iterable<HeldStream<M>> {
    for (const stream of this.streams.values()) if (stream.size > 0) yield stream;
  }

  /** A message goes straight on. */
  begin(message: M): void {
    if (message.at) this.stream(message.at).underWay += 1;
  }

  add(message: M): void {
    if (message.at) this.stream(message.at).add(message);
  }

  /**
   * The engine answered a message that was under way; `gap` is the sequence its stream misses, if
   * it waits.
   */
  answer(message: M, gap: number | undefined): void {
    if (!message.at) return;
    const stream = this.stream(message.at);
    stream.underWay -= 1;
    stream.answered(message);
    if (gap !== undefined) stream.reported = gap;
  }

  /** Forgets a stream that neither holds nor awaits anything. */
  tidy(message: M): void {
    if (!message.at) return;
    const key = streamKey(message.at.stream);
    const stream = this.streams.get(key);
    if (stream && stream.size === 0 && stream.underWay === 0) this.streams.delete(key);
  }

  private stream(at: StreamPosition): HeldStream<M> {
    const key = streamKey(at.stream);
    let stream = this.streams.get(key);
    if (!stream) this.streams.set(key, (stream = new HeldStream()));
    return stream;
  }
}
